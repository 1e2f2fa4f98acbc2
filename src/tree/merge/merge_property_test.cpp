// What holds for every merge. RC_PARAMS="max_success=100000" runs more cases than the usual 100.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

using rc::gen::element;

/// From `first` to before `end`, all equally likely in every case.
template <typename Integer>
Integer number(Integer first, Integer end) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(first, end));
}

/// A few paths in a few directories: edits meet each other often. '-' and '.' sort before '/'.
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

Node any_special() {
    switch (number(0, 4)) {
    case 0:
        return Symlink{*element<std::string>("x", "y")};
    case 1:
        return Device{
            *element(DeviceKind::character, DeviceKind::block), number(0U, 2U), number(0U, 2U)};
    case 2:
        return Fifo{};
    default:
        return Socket{};
    }
}

void change_attributes(Attributes& attributes) {
    switch (number(0, 5)) {
    case 0:
        attributes.mode = *element(0600U, 0644U, 04755U);
        break;
    case 1:
        attributes.uid = number(0U, 3U);
        break;
    case 2:
        attributes.gid = number(0U, 3U);
        break;
    case 3:
        attributes.mtime = {number(-2, 3), number(0U, 2U)};
        break;
    default:
        attributes.xattrs.clear();
        for (const auto* name : {"user.a", "user.b"}) {
            if (number(0, 2) == 0) {
                attributes.xattrs.push_back({name, *element<std::string>("1", "2")});
            }
        }
    }
}

/// A path of the tree; nothing if there is none.
std::optional<std::string> any_name(const TestTree& tree) {
    if (tree.names().empty()) {
        return std::nullopt;
    }
    const auto at = number<std::size_t>(0, tree.names().size());
    return std::next(tree.names().begin(), static_cast<std::ptrdiff_t>(at))->first;
}

std::string any_directory(const TestTree& tree) {
    const auto at = number<std::size_t>(0, tree.directories().size());
    return std::next(tree.directories().begin(), static_cast<std::ptrdiff_t>(at))->first;
}

/// Which edits there are.
enum class Edits {
    all,
    keeping_links ///< no name becomes another inode's, and names with links are not renamed
};

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
    if (number(0, 2) == 0) {
        tree.directory(path);
    } else {
        tree.file(path, any_text());
    }
}

TestTree edited(TestTree tree, int count, Edits edits = Edits::all) {
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

/// A tree to begin with: mostly files, some with several names.
TestTree any_tree() {
    TestTree tree;
    for (auto left = number(0, 12); left > 0; --left) {
        tree.file(any_path(), any_text());
    }
    return edited(std::move(tree), number(0, 10));
}

TestTree near(const TestTree& tree, Edits edits = Edits::all) {
    return edited(tree, number(0, 8), edits);
}

struct Merger {
    Merger() {
        options.rules = MergeRules::parse(as_bytes("/a/** driver set\n"));
        options.drivers.emplace("set", &driver);
    }

    MergeResult
    operator()(const std::optional<TestTree>& base, const TestTree& ours, const TestTree& theirs) {
        MergeTrees trees{{}, ours.store(contents), theirs.store(contents)};
        if (base) {
            trees.base = base->store(contents);
        }
        return merge(contents, sink, trees, options);
    }

    MemoryContents contents;
    MemorySink sink{contents};
    LineSetDriver driver;
    MergeOptions options;
};

/// Three trees of which the second and third come from the first.
struct Trees {
    explicit Trees(Edits edits = Edits::all)
        : base(any_tree()), ours(near(base, edits)), theirs(near(base, edits)) {}

    TestTree base;
    TestTree ours;
    TestTree theirs;

    void log() const {
        RC_LOG() << "base\n"
                 << base.listing() << "ours\n"
                 << ours.listing() << "theirs\n"
                 << theirs.listing();
    }
};

std::vector<std::string> conflicts(const MergeResult& result) {
    std::vector<std::string> list;
    for (const auto& conflict : result.conflicts) {
        list.push_back(
            conflict.path + " " + std::string(name_of(conflict.field)) + " " + conflict.detail
        );
    }
    return list;
}

RC_GTEST_PROP(MergeProperty, ASideThatDidNothingGivesTheOther, ()) {
    Merger merger;
    const auto base = any_tree();
    const auto changed = near(base);
    const auto tree = changed.store(merger.contents);
    RC_ASSERT(merger(base, changed, base).tree == tree);
    RC_ASSERT(merger(base, base, changed).tree == tree);
    RC_ASSERT(merger(base, changed, changed).tree == tree);
    RC_ASSERT(merger(std::nullopt, changed, changed).tree == tree);
}

RC_GTEST_PROP(MergeProperty, ResultsAreCanonicalAndSidesDoNotMatter, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    const auto there = merger(trees.base, trees.ours, trees.theirs);
    const auto back = merger(trees.base, trees.theirs, trees.ours);
    RC_ASSERT(there.tree == back.tree);
    RC_LOG() << testing::PrintToString(conflicts(there)) << testing::PrintToString(conflicts(back));
    RC_ASSERT(there.conflicts.size() == back.conflicts.size());
    RC_ASSERT(there.tree.has_value() == there.conflicts.empty());
    RC_CLASSIFY(there.tree.has_value(), "merged");
    if (there.tree) {
        const auto merged = TestTree::load(merger.contents, *there.tree);
        RC_ASSERT(merged.store(merger.contents) == *there.tree);
        RC_CLASSIFY(there.statistics.links_renewed > 0, "renewed links");
        RC_CLASSIFY(there.statistics.renames_followed > 0, "followed renames");
        RC_CLASSIFY(there.statistics.files_merged > 0, "merged files");
    }
}

/// Mostly hard links.
RC_GTEST_PROP(MergeProperty, NamesOfOneInodeStayOneAndOthersDoNotBecomeOne, ()) {
    Merger merger;
    TestTree base;
    base.file("/f", any_text()).link("/a/a", "/f").link("/c/f", "/f").link("/a/b/g", "/f");
    base.file("/g", any_text()).link("/c/h", "/g");
    const auto edit = [](TestTree tree) {
        for (auto left = number(0, 6); left > 0; --left) {
            if (const auto name = any_name(tree)) {
                edit_name(tree, *name, Edits::all);
            }
        }
        return tree;
    };
    const auto ours = edit(base);
    const auto theirs = edit(base);
    RC_LOG() << "base\n"
             << base.listing() << "ours\n"
             << ours.listing() << "theirs\n"
             << theirs.listing();
    const auto result = merger(base, ours, theirs);
    RC_ASSERT(merger(base, theirs, ours).tree == result.tree);
    RC_CLASSIFY(result.tree.has_value(), "merged");
    if (!result.tree) {
        return;
    }
    const auto merged = TestTree::load(merger.contents, *result.tree);
    const auto in = [](const TestTree& tree, const std::string& a, const std::string& b) {
        return tree.names().count(a) != 0 && tree.names().count(b) != 0;
    };
    for (const auto& [a, inode] : merged.names()) {
        for (const auto& [b, other] : merged.names()) {
            if (!in(base, a, b) || !in(ours, a, b) || !in(theirs, a, b)) {
                continue;
            }
            const auto before = base.linked(a, b);
            const auto both = ours.linked(a, b) && theirs.linked(a, b);
            RC_ASSERT(!(before && !both && merged.linked(a, b)));
            RC_ASSERT(!(before && both && !merged.linked(a, b)));
        }
    }
}

/// Where one side did nothing to a file with one name, the other side's is there.
RC_GTEST_PROP(MergeProperty, WhatOneSideDidToAFileIsDone, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    const auto result = merger(trees.base, trees.ours, trees.theirs);
    if (!result.tree) {
        return;
    }
    const auto merged = TestTree::load(merger.contents, *result.tree);
    const auto alone = [](const TestTree& tree, const std::string& path) {
        for (const auto& [other, inode] : tree.names()) {
            if (other != path && tree.linked(path, other)) {
                return false;
            }
        }
        return true;
    };
    const auto same = [](const TestTree::Inode& a, const TestTree::Inode& b) {
        return a.node == b.node && a.attributes == b.attributes;
    };
    const auto check = [&](const TestTree& kept, const TestTree& changed) {
        for (const auto& [path, inode] : trees.base.names()) {
            if (kept.names().count(path) == 0 || !alone(kept, path) || !alone(trees.base, path) ||
                !same(kept.inode(path), trees.base.inode(path))) {
                continue;
            }
            const auto there = changed.names().count(path) != 0;
            RC_ASSERT(there == (merged.names().count(path) != 0));
            if (there && alone(changed, path)) {
                RC_ASSERT(same(merged.inode(path), changed.inode(path)));
            }
        }
    };
    check(trees.ours, trees.theirs);
    check(trees.theirs, trees.ours);
}

/// Times do not count: a removal drops the new time of what it removes, and hard links may have
/// carried it elsewhere.
Digest without_times(Merger& merger, const Digest& id) {
    auto tree = TestTree::load(merger.contents, id);
    for (const auto& [path, attributes] : tree.directories()) {
        tree.attributes(path).mtime = {};
    }
    for (const auto& [path, inode] : tree.names()) {
        tree.attributes(path).mtime = {};
    }
    return tree.store(merger.contents);
}

/// Not so with renames: they are guesses, and what one order of merges takes for one, another does
/// not get to see. Nor with new links to a name that a third side removes: it takes with it what
/// tells that two links are one inode.
RC_GTEST_PROP(MergeProperty, TheOrderOfMergesDoesNotMatterWhereNothingConflicts, ()) {
    Merger merger;
    const Trees trees(Edits::keeping_links);
    const auto third = near(trees.base, Edits::keeping_links);
    trees.log();
    RC_LOG() << "third\n" << third.listing();
    const auto left = merger(trees.base, trees.ours, trees.theirs);
    const auto right = merger(trees.base, trees.theirs, third);
    if (!left.tree || !right.tree) {
        return;
    }
    const auto left_all = merger(trees.base, TestTree::load(merger.contents, *left.tree), third);
    const auto right_all =
        merger(trees.base, trees.ours, TestTree::load(merger.contents, *right.tree));
    const auto renames = left.statistics.renames_followed + right.statistics.renames_followed +
                         left_all.statistics.renames_followed +
                         right_all.statistics.renames_followed;
    if (!left_all.tree || !right_all.tree || renames != 0) {
        return;
    }
    RC_CLASSIFY(true, "compared");
    RC_LOG() << "left\n"
             << TestTree::load(merger.contents, *left_all.tree).listing() << "right\n"
             << TestTree::load(merger.contents, *right_all.tree).listing();
    RC_ASSERT(without_times(merger, *left_all.tree) == without_times(merger, *right_all.tree));
}

/// Any choice leaves no conflict that it can decide.
RC_GTEST_PROP(MergeProperty, AChoiceForASideDecidesEverything, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    merger.options.resolutions.add("/", *element(Choice::ours, Choice::theirs));
    const auto result = merger(trees.base, trees.ours, trees.theirs);
    RC_LOG() << testing::PrintToString(conflicts(result));
    RC_ASSERT(result.tree);
    const auto merged = TestTree::load(merger.contents, *result.tree);
    RC_ASSERT(merged.store(merger.contents) == *result.tree);
}

} // namespace
} // namespace slipway::tree
