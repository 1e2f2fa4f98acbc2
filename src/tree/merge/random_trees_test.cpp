#include "tree/merge/random_trees.h"

#include <rapidcheck.h>

namespace slipway::tree {
namespace {

using rc::gen::element;

/// From `first` to before `end`, all equally likely in every case.
template <typename Integer>
Integer number(Integer first, Integer end) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(first, end));
}

Device any_device() {
    return {*element(DeviceKind::character, DeviceKind::block), number(0U, 2U), number(0U, 2U)};
}

Node any_special() {
    switch (number(0, 5)) {
    case 0:
    case 1:
        return Symlink{*element<std::string>("x", "y")};
    case 2:
        return any_device();
    case 3:
        return Fifo{};
    default:
        return Socket{};
    }
}

std::vector<Xattr> any_xattrs() {
    std::vector<Xattr> xattrs;
    for (const auto* name : {"security.capability", "user.a", "user.b"}) {
        if (number(0, 3) == 0) {
            xattrs.push_back({name, *element<std::string>("", "1", std::string("\0\xff", 2))});
        }
    }
    return xattrs;
}

void change_attributes(Attributes& attributes) {
    switch (number(0, 5)) {
    case 0:
        attributes.mode = *element(0U, 0644U, 04755U, 07777U);
        break;
    case 1:
        attributes.uid = *element(0U, 1U, UINT32_MAX);
        break;
    case 2:
        attributes.gid = *element(0U, 1U, UINT32_MAX);
        break;
    case 3:
        attributes.mtime = {
            *element<std::int64_t>(INT64_MIN, -1, 0, 1, INT64_MAX), *element(0U, 1U, 999'999'999U)};
        break;
    default:
        attributes.xattrs = any_xattrs();
    }
}

std::string any_directory(const TestTree& tree) {
    const auto at = number<std::size_t>(0, tree.directories().size());
    return std::next(tree.directories().begin(), static_cast<std::ptrdiff_t>(at))->first;
}

void relink(TestTree& tree, const std::string& name, const std::string& path) {
    switch (number(0, 4)) {
    case 0:
        tree.split(name);
        break;
    case 1:
        if (!tree.has(path) && !path.starts_with(name + "/")) {
            tree.rename(name, path);
        }
        break;
    case 2:
        if (path != name && !path.starts_with(name + "/") && !tree.is_directory(path)) {
            tree.link(path, name);
        }
        break;
    default:
        tree.node(name, any_special(), tree.attributes(name));
    }
}

void edit_directory(TestTree& tree, const std::string& directory, Edits edits) {
    const auto path = any_path();
    switch (number(0, 3)) {
    case 0:
        change_attributes(tree.attributes(directory));
        break;
    case 1:
        if (!directory.empty()) {
            tree.remove(directory);
        }
        break;
    default:
        if (!directory.empty() && !tree.has(path) && !path.starts_with(directory + "/") &&
            edits == Edits::all) {
            tree.rename(directory, path);
        }
    }
}

void add_something(TestTree& tree, Edits edits) {
    const auto path = any_path();
    if (tree.names().count(path) != 0 && edits != Edits::all) {
        return;
    }
    switch (number(0, 4)) {
    case 0:
        tree.directory(path);
        break;
    case 1:
        tree.node(path, any_special(), {0640, 0, 0, {}, {}});
        break;
    default:
        tree.file(path, any_text());
    }
}

TestTree edited(TestTree tree, int count, Edits edits) {
    for (; count > 0; --count) {
        const auto name = any_name(tree);
        const auto kind = number(0, 10);
        if (kind < 6 && name) {
            edit_name(tree, *name, edits);
        } else if (kind < 8) {
            edit_directory(tree, any_directory(tree), edits);
        } else {
            add_something(tree, edits);
        }
    }
    return tree;
}

} // namespace

/// '-' and '.' sort before '/'.
std::string any_path() {
    return *element<std::string>("", "", "/a", "/a-", "/a/b", "/c") + "/" +
           *element<std::string>("a", "b", "c", "f", "g", "h");
}

std::string any_text() {
    std::string text;
    for (const auto* line : {"a\n", "b\n", "c\n", "clash 1\n", "clash 2\n"}) {
        text += number(0, 3) == 0 ? line : "";
    }
    return text;
}

std::optional<std::string> any_name(const TestTree& tree) {
    if (tree.names().empty()) {
        return std::nullopt;
    }
    const auto at = number<std::size_t>(0, tree.names().size());
    return std::next(tree.names().begin(), static_cast<std::ptrdiff_t>(at))->first;
}

void edit_name(TestTree& tree, const std::string& name, Edits edits) {
    switch (number(0, 7)) {
    case 0:
    case 1:
        if (std::holds_alternative<File>(tree.inode(name).node)) {
            tree.edit(name, any_text());
        }
        break;
    case 2:
        change_attributes(tree.attributes(name));
        break;
    case 3:
        tree.remove(name);
        break;
    default:
        if (edits == Edits::all) {
            relink(tree, name, any_path());
        } else if (!tree.has_links(name)) {
            tree.node(name, any_special(), tree.attributes(name));
        }
    }
}

/// Mostly files, some with several names.
TestTree any_tree() {
    TestTree tree;
    for (auto left = number(0, 12); left > 0; --left) {
        tree.file(any_path(), any_text());
    }
    return edited(std::move(tree), number(0, 10), Edits::all);
}

TestTree near(const TestTree& tree, Edits edits) {
    return edited(tree, number(0, 8), edits);
}

void Trees::log() const {
    RC_LOG() << "base\n"
             << base.listing() << "ours\n"
             << ours.listing() << "theirs\n"
             << theirs.listing();
}

Merger::Merger() {
    options.rules = MergeRules::parse(as_bytes("/a/** driver set\n"));
    options.drivers.emplace("set", &driver);
}

MergeResult Merger::operator()(
    const std::optional<TestTree>& base, const TestTree& ours, const TestTree& theirs
) {
    MergeTrees trees{{}, ours.store(contents), theirs.store(contents)};
    if (base) {
        trees.base = base->store(contents);
    }
    return merge(contents, sink, trees, options);
}

} // namespace slipway::tree
