#include "tree/merge_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/memory_contents.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Commits that differ in their messages.
struct History {
    MemoryContents contents;

    Digest add(const std::string& name, const std::vector<Digest>& parents) {
        Commit commit;
        commit.parents = parents;
        commit.author = "test";
        commit.message = name;
        return contents.put(encode(commit));
    }
};

TEST(MergeBase, IsWhereTwoBranchesParted) {
    History history;
    const auto root = history.add("root", {});
    const auto fork = history.add("fork", {root});
    const auto ours = history.add("ours", {history.add("between", {fork})});
    const auto theirs = history.add("theirs", {fork});
    EXPECT_THAT(merge_bases(history.contents, ours, theirs), ElementsAre(fork));
    EXPECT_THAT(merge_bases(history.contents, theirs, ours), ElementsAre(fork));
}

TEST(MergeBase, OfACommitAndItsAncestorIsTheAncestor) {
    History history;
    const auto root = history.add("root", {});
    const auto tip = history.add("tip", {history.add("between", {root})});
    EXPECT_THAT(merge_bases(history.contents, tip, root), ElementsAre(root));
    EXPECT_THAT(merge_bases(history.contents, tip, tip), ElementsAre(tip));
}

TEST(MergeBase, IsTheMergeOnceTheOtherBranchWasMerged) {
    History history;
    const auto root = history.add("root", {});
    const auto side = history.add("side", {root});
    const auto merged = history.add("merged", {history.add("ours", {root}), side});
    EXPECT_THAT(
        merge_bases(history.contents, merged, history.add("side again", {side})), ElementsAre(side)
    );
}

TEST(MergeBase, IsTwoCommitsWhereBranchesWereMergedCrosswise) {
    History history;
    const auto root = history.add("root", {});
    const auto left = history.add("left", {root});
    const auto right = history.add("right", {root});
    const auto ours = history.add("ours", {left, right});
    const auto theirs = history.add("theirs", {right, left});
    EXPECT_THAT(merge_bases(history.contents, ours, theirs), UnorderedElementsAre(left, right));
}

TEST(MergeBase, IsNoneForUnrelatedHistories) {
    History history;
    const auto ours = history.add("ours", {});
    const auto theirs = history.add("theirs", {});
    EXPECT_THAT(merge_bases(history.contents, ours, theirs), IsEmpty());
}

TEST(LineSince, AreTheFirstParentsWithTheOldestFirst) {
    History history;
    const auto root = history.add("root", {});
    const auto first = history.add("first", {root});
    const auto second = history.add("second", {first, history.add("side", {root})});
    const auto line = line_since(history.contents, root, second);
    EXPECT_EQ(line.fork, root);
    EXPECT_THAT(line.commits, ElementsAre(first, second));
    EXPECT_THAT(line_since(history.contents, second, second).commits, IsEmpty());
    EXPECT_EQ(line_since(history.contents, second, first).fork, first);
}

TEST(LineSince, EndsWhereTheOtherOneTookItIn) {
    History history;
    const auto root = history.add("root", {});
    const auto left = history.add("left", {root});
    const auto right = history.add("right", {root});
    const auto ours = history.add("ours", {left, right});
    const auto theirs = history.add("theirs", {right, left});
    const auto line = line_since(history.contents, theirs, ours);
    EXPECT_EQ(line.fork, left);
    EXPECT_THAT(line.commits, ElementsAre(ours));
}

TEST(LineSince, IsRefusedWhereNoFirstParentIsKnownThere) {
    History history;
    const auto root = history.add("root", {});
    const auto other = history.add("other", {});
    EXPECT_THROW(line_since(history.contents, other, root), Error);
    const auto merged = history.add("merged", {root, other});
    EXPECT_THROW(line_since(history.contents, other, merged), Error);
}

} // namespace
} // namespace slipway::tree
