#include "tree/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "tree/model_tree.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;

/// Counts how often each object is opened.
class CountingContents final : public Contents {
public:
    explicit CountingContents(const Contents& inner) : inner_(inner) {}

    std::unique_ptr<Blob> open(const Digest& id) const override {
        opened[id] += 1;
        return inner_.open(id);
    }

    mutable std::map<Digest, int> opened;

private:
    const Contents& inner_;
};

Entry directory(std::string name, Attributes attributes = {0755, 0, 0, {}, {}}) {
    return {std::move(name), Subdirectory{}, std::move(attributes), {}};
}

Entry file(std::string name, std::uint8_t content, Attributes attributes = {0644, 0, 0, {}, {}}) {
    return {std::move(name), File{5, Digest{{content}}}, std::move(attributes), {}};
}

struct Trees {
    ModelTree before{{"", directory("")}};
    ModelTree after{{"", directory("")}};

    std::vector<Change> changes(std::string_view path = "/") const {
        MemoryContents contents;
        const auto old_root = put(contents, before).at("");
        const auto new_root = put(contents, after).at("");
        std::vector<Change> found;
        diff(contents, {old_root, new_root, path}, [&](Change change) {
            found.push_back(std::move(change));
        });
        return found;
    }

    std::string text(std::string_view path = "/") const {
        std::string lines;
        for (const auto& change : changes(path)) {
            lines += change.added() ? "A" : change.removed() ? "D" : "M";
            for (const auto part : all_parts) {
                lines += change.parts.has(part) ? " " + std::string(part_name(part)) : "";
            }
            lines += " " + change.path + "\n";
        }
        return lines;
    }
};

TEST(Diff, TellsEachPartOfAnEntryApart) {
    Trees trees;
    auto& before = trees.before;
    auto& after = trees.after;
    const auto both = [&](const std::string& name, auto alter) {
        before["/" + name] = file(name, 1);
        after["/" + name] = file(name, 1);
        alter(after["/" + name]);
    };
    both("content", [](Entry& entry) { entry.node = File{5, Digest{{2}}}; });
    both("device", [](Entry& entry) { entry.node = Device{DeviceKind::block, 1, 2}; });
    before["/device"].node = Device{DeviceKind::block, 1, 1};
    both("fields", [](Entry& entry) {
        entry.attributes = {0600, 1, 2, {3, 4}, {{"user.a", "x"}}};
        entry.link = LinkId::of_path("/x");
    });
    both("kind", [](Entry& entry) { entry.node = Device{DeviceKind::character, 1, 1}; });
    before["/kind"].node = Device{DeviceKind::block, 1, 2};
    both("same", [](Entry&) {});
    both("symlink", [](Entry& entry) { entry.node = Symlink{"there"}; });
    before["/symlink"].node = Symlink{"here"};
    both("type", [](Entry& entry) { entry.node = Fifo{}; });
    EXPECT_EQ(
        trees.text(),
        "M content /content\n"
        "M device /device\n"
        "M mode owner group mtime xattrs link /fields\n"
        "M type /kind\n"
        "M target /symlink\n"
        "M type /type\n"
    );
}

TEST(Diff, TellsWhatIsInAddedAndRemovedDirectories) {
    Trees trees;
    trees.before["/old"] = directory("old");
    trees.before["/old/deep"] = directory("deep");
    trees.before["/old/deep/file"] = file("file", 1);
    trees.after["/new"] = directory("new");
    trees.after["/new/file"] = file("file", 2);
    EXPECT_EQ(trees.text(), "A /new\nA /new/file\nD /old\nD /old/deep\nD /old/deep/file\n");
}

TEST(Diff, TellsADirectoryThatBecameAFileAndWhatWasInIt) {
    Trees trees;
    trees.before["/x"] = directory("x");
    trees.before["/x/in"] = file("in", 1);
    trees.after["/x"] = file("x", 1, {0755, 0, 0, {}, {}});
    EXPECT_EQ(trees.text(), "M type /x\nD /x/in\n");
}

TEST(Diff, GoesByTheComponentsOfPaths) {
    Trees trees;
    trees.after["/a"] = directory("a");
    trees.after["/a/z"] = file("z", 1);
    trees.after["/a.b"] = file("a.b", 1);
    EXPECT_EQ(trees.text(), "A /a\nA /a/z\nA /a.b\n");
}

TEST(Diff, TellsTheRootsOwnAttributes) {
    Trees trees;
    trees.after[""].attributes.mode = 0700;
    EXPECT_EQ(trees.text(), "M mode /\n");
    EXPECT_EQ(trees.changes().front().after->attributes.mode, 0700U);
}

TEST(Diff, OfATreeWithNoneTellsEverything) {
    MemoryContents contents;
    const auto root = put(contents, {{"", directory("")}, {"/x", file("x", 1)}}).at("");
    std::vector<std::string> paths;
    const auto note = [&](const Change& change) {
        EXPECT_TRUE(change.added());
        paths.push_back(change.path);
    };
    diff(contents, {.before = std::nullopt, .after = root}, note);
    EXPECT_THAT(paths, ElementsAre("/", "/x"));
}

TEST(Diff, CanBeRestrictedToAPath) {
    Trees trees;
    trees.before["/a"] = trees.after["/a"] = directory("a");
    trees.before["/b"] = trees.after["/b"] = directory("b");
    trees.before["/a/x"] = file("x", 1);
    trees.after["/a/x"] = file("x", 2);
    trees.after["/b/y"] = file("y", 2);
    EXPECT_EQ(trees.text("a/"), "M content /a/x\n");
    EXPECT_EQ(trees.text("/a//x"), "M content /a/x\n");
    EXPECT_EQ(trees.text("/b/y"), "A /b/y\n");
    try {
        trees.text("/b/z");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        EXPECT_STREQ(error.what(), "neither tree has /b/z");
    }
}

TEST(Diff, RefusesATreeThatIsTooDeep) {
    MemoryContents contents;
    auto tree = contents.put(encode(Directory{}));
    for (std::size_t depth = 0; depth <= deepest_tree; ++depth) {
        const Entry entry{"d", Subdirectory{tree}, {}, {}};
        tree = contents.put(encode(Directory{{}, {entry}}));
    }
    try {
        diff(contents, {.before = tree, .after = std::nullopt}, [](const Change&) {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt);
    }
}

TEST(Diff, LeavesOutWhatIsIgnored) {
    MemoryContents contents;
    const auto root = [&](Attributes attributes) {
        return put(contents, {{"", directory("")}, {"/x", file("x", 1, std::move(attributes))}}
        ).at("");
    };
    const auto before = root({0644, 0, 0, {1, 0}, {}});
    const auto older = root({0644, 0, 0, {2, 0}, {}});
    const auto other = root({0600, 0, 0, {2, 0}, {}});
    std::vector<Change> changes;
    const auto note = [&](Change change) { changes.push_back(std::move(change)); };
    diff(contents, {.before = before, .after = older, .ignored = {Part::mtime}}, note);
    EXPECT_TRUE(changes.empty());
    diff(contents, {.before = before, .after = other, .ignored = {Part::mtime}}, note);
    EXPECT_EQ(changes.front().parts, Parts{Part::mode});
}

TEST(DifferingXattrs, NamesThoseAddedRemovedAndChanged) {
    const Attributes before{0, 0, 0, {}, {{"user.a", "1"}, {"user.b", "1"}, {"user.c", "1"}}};
    const Attributes after{0, 0, 0, {}, {{"user.b", "1"}, {"user.c", "2"}, {"user.d", ""}}};
    EXPECT_THAT(differing_xattrs(before, after), ElementsAre("user.a", "user.c", "user.d"));
}

/// The tree that results if the changes are made.
ModelTree applied(ModelTree tree, const std::vector<Change>& changes) {
    for (const auto& change : changes) {
        const auto path = change.path == "/" ? "" : change.path;
        RC_ASSERT(change.added() == !tree.contains(path));
        if (change.after) {
            tree[path] = *change.after;
            if (is_directory(*change.after)) {
                tree[path].node = Subdirectory{};
            }
        } else {
            tree.erase(path);
        }
    }
    return tree;
}

RC_GTEST_PROP(Diff, AppliedToOneTreeGivesTheOther, ()) {
    Trees trees;
    trees.before = random_tree();
    trees.after = *rc::gen::arbitrary<bool>() ? changed(trees.before) : random_tree();
    const auto changes = trees.changes();
    RC_ASSERT(applied(trees.before, changes) == trees.after);
    for (const auto& change : changes) {
        RC_ASSERT(change.added() || change.removed() || !change.parts.empty());
    }
}

RC_GTEST_PROP(Diff, OpensEachDirectoryThatDiffersOnceAndNoOther, ()) {
    const auto before = random_tree();
    const auto after = changed(before);
    MemoryContents contents;
    const auto old_ids = put(contents, before);
    const auto new_ids = put(contents, after);
    std::map<Digest, int> differing;
    const auto note = [&](const auto& ids, const auto& others) {
        for (const auto& [path, id] : ids) {
            const auto other = others.find(path);
            differing[id] += other == others.end() || other->second != id ? 1 : 0;
        }
    };
    note(old_ids, new_ids);
    note(new_ids, old_ids);
    std::erase_if(differing, [](const auto& item) { return item.second == 0; });
    const CountingContents counting(contents);
    diff(counting, {old_ids.at(""), new_ids.at("")}, [](const Change&) {});
    RC_ASSERT(counting.opened == differing);
}

} // namespace
} // namespace slipway::tree
