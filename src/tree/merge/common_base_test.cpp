#include "tree/merge/common_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Two branches that are merged with each other again and again.
class CommonBaseOf : public testing::Test {
protected:
    Digest add(const Digest& tree, const std::vector<Digest>& parents) {
        Commit commit;
        commit.tree = tree;
        commit.parents = parents;
        commit.author = "test";
        return contents.put(encode(commit));
    }

    Digest add(const TestTree& tree, const std::vector<Digest>& parents) {
        return add(tree.store(contents), parents);
    }

    CommonBase find(const Digest& ours, const Digest& theirs) {
        return find_common_base(contents, sink, ours, theirs, options);
    }

    Digest merged(const Digest& ours, const Digest& theirs) {
        const auto tree_of = [&](const Digest& commit) {
            return load_commit(contents, commit).tree;
        };
        const MergeTrees trees{find(ours, theirs).tree, tree_of(ours), tree_of(theirs)};
        return *merge(contents, sink, trees, options).tree;
    }

    MemoryContents contents;
    MemorySink sink{contents};
    MergeOptions options;
    TestTree root;
};

TEST_F(CommonBaseOf, TwoBranchesIsTheOneCommitWhereTheyParted) {
    const auto start = add(root, {});
    const auto left = add(TestTree(root).file("/l", "1"), {start});
    const auto right = add(TestTree(root).file("/r", "1"), {start});
    const auto base = find(left, right);
    EXPECT_THAT(base.commits, ElementsAre(start));
    EXPECT_EQ(base.tree, root.store(contents));
    EXPECT_EQ(sink.added(), 0);
}

TEST_F(CommonBaseOf, UnrelatedHistoriesIsNone) {
    const auto base = find(add(root, {}), add(TestTree(root).file("/a", "1"), {}));
    EXPECT_THAT(base.commits, IsEmpty());
    EXPECT_EQ(base.tree, std::nullopt);
}

TEST_F(CommonBaseOf, BranchesMergedCrosswiseHasWhatBothHave) {
    root.file("/a", "1").file("/b", "1").file("/c", "1");
    const auto start = add(root, {});
    const auto left = add(TestTree(root).edit("/a", "left"), {start});
    const auto right = add(TestTree(root).edit("/b", "right"), {start});
    const auto both = TestTree(root).edit("/a", "left").edit("/b", "right");
    // Each takes the other in, and takes back what it got.
    auto ours = TestTree(both).edit("/b", "1").edit("/c", "ours");
    auto theirs = TestTree(both).file("/d", "new");
    const auto our_merge = add(ours, {left, right});
    const auto their_merge = add(theirs, {right, left});
    const auto base = find(our_merge, their_merge);
    EXPECT_THAT(base.commits, SizeIs(2));
    EXPECT_EQ(base.tree, both.store(contents));
    EXPECT_EQ(merged(our_merge, their_merge), ours.file("/d", "new").store(contents));
}

TEST_F(CommonBaseOf, BranchesMergedCrosswiseTwiceIsMadeOfBasesThatAreMade) {
    auto left = add(TestTree(root).file("/l0", ""), {});
    auto right = add(TestTree(root).file("/r0", ""), {left});
    auto tree = TestTree(root).file("/l0", "").file("/r0", "");
    for (const auto* round : {"1", "2", "3"}) {
        const auto l = std::string("/l") + round;
        const auto r = std::string("/r") + round;
        const auto next_left = add(TestTree(tree).file(l, round), {left, right});
        const auto next_right = add(TestTree(tree).file(r, round), {right, left});
        tree.file(l, round).file(r, round);
        EXPECT_EQ(merged(next_left, next_right), tree.store(contents));
        left = next_left;
        right = next_right;
    }
}

TEST_F(CommonBaseOf, BranchesWhosePartingsConflictIsNoneAndSaysWhere) {
    root.file("/a", "1");
    const auto start = add(root, {});
    const auto left = add(TestTree(root).edit("/a", "left"), {start});
    const auto right = add(TestTree(root).edit("/a", "right"), {start});
    const auto ours = add(TestTree(root).edit("/a", "left"), {left, right});
    const auto theirs = add(TestTree(root).edit("/a", "right"), {right, left});
    const auto base = find(ours, theirs);
    EXPECT_THAT(base.commits, SizeIs(2));
    EXPECT_EQ(base.tree, std::nullopt);
    ASSERT_THAT(base.conflicts, SizeIs(1));
    EXPECT_EQ(base.conflicts[0].path, "/a");
}

TEST_F(CommonBaseOf, BranchesThatBothTookInThreeIsAllThree) {
    const auto start = add(root, {});
    std::vector<Digest> parts;
    auto all = root;
    for (const auto* path : {"/x", "/y", "/z"}) {
        parts.push_back(add(TestTree(root).file(path, "1"), {start}));
        all.file(path, "1");
    }
    const auto ours = add(TestTree(all).file("/ours", "1"), parts);
    const auto theirs = add(TestTree(all).file("/theirs", "1"), {parts[2], parts[0], parts[1]});
    EXPECT_THAT(find(ours, theirs).commits, SizeIs(3));
    EXPECT_EQ(find(ours, theirs).tree, all.store(contents));
}

} // namespace
} // namespace slipway::tree
