#include <gtest/gtest.h>

#include "tree/merge/drivers/registry.h"
#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

constexpr auto list = "/var/lib/dpkg/diversions";

/// A program whose file a package diverts on one side, while the other side upgrades it.
class Diversions : public testing::Test {
protected:
    Diversions() {
        options.drivers = registry();
        plain.symlink("/bin", "usr/bin").file("/usr/bin/cache", "1").file(list, "");
        diverted = divert(plain, "/usr/bin/cache.distrib");
    }

    static TestTree divert(TestTree tree, const std::string& place) {
        tree.rename("/usr/bin/cache", place);
        tree.file("/usr/bin/cache", "wrapper");
        return tree.file(list, "/bin/cache\n" + place + "\nwrapper\n");
    }

    void expect(const TestTree& base, TestTree ours, TestTree theirs, const TestTree& wanted) {
        for (int side = 0; side < 2; ++side) {
            const MergeTrees trees{
                base.store(contents), ours.store(contents), theirs.store(contents)};
            const auto result = merge(contents, sink, trees, options);
            ASSERT_TRUE(result.tree) << result.conflicts.front().path;
            EXPECT_EQ(TestTree::load(contents, *result.tree).listing(), wanted.listing());
            std::swap(ours, theirs);
        }
    }

    TestTree plain;
    TestTree diverted;
    MemoryContents contents;
    MemorySink sink{contents};
    MergeOptions options;
};

TEST_F(Diversions, TakeAnUpgradeToWhereTheFileWasPutAside) {
    auto upgraded = plain;
    upgraded.edit("/usr/bin/cache", "2");
    auto wanted = diverted;
    wanted.edit("/usr/bin/cache.distrib", "2");
    expect(plain, diverted, upgraded, wanted);
}

TEST_F(Diversions, TakeItIntoADirectoryThatCameWithThem) {
    const auto elsewhere = divert(plain, "/usr/lib/wrapper/cache");
    auto upgraded = plain;
    upgraded.edit("/usr/bin/cache", "2").attributes("/usr/bin/cache").mode = 04755;
    auto wanted = elsewhere;
    wanted.edit("/usr/lib/wrapper/cache", "2").attributes("/usr/lib/wrapper/cache").mode = 04755;
    expect(plain, elsewhere, upgraded, wanted);
}

TEST_F(Diversions, BringTheUpgradeBackWhenTheyEnd) {
    auto upgraded = diverted;
    upgraded.edit("/usr/bin/cache.distrib", "2");
    auto wanted = plain;
    wanted.edit("/usr/bin/cache", "2");
    expect(diverted, plain, upgraded, wanted);
}

TEST_F(Diversions, TakeAwayWhatTheUpgradeRemoved) {
    auto upgraded = plain;
    upgraded.remove("/usr/bin/cache");
    auto wanted = diverted;
    wanted.remove("/usr/bin/cache.distrib");
    expect(plain, diverted, upgraded, wanted);
}

TEST_F(Diversions, PutWhatTheOtherSideAddsWhereItBelongs) {
    const auto wrapped = TestTree(plain).file(list, "/bin/new\n/bin/new.distrib\nwrapper\n");
    auto installed = plain;
    installed.file("/usr/bin/new", "1");
    auto wanted = wrapped;
    wanted.file("/usr/bin/new.distrib", "1");
    expect(plain, wrapped, installed, wanted);
    expect(
        plain,
        TestTree(wrapped).file("/usr/bin/new", "wrapper"),
        installed,
        wanted.file("/usr/bin/new", "wrapper")
    );
}

TEST_F(Diversions, AreNotFollowedIfARuleSaysWhatTheListIs) {
    options.rules = MergeRules::parse(as_bytes("/var/lib/dpkg/diversions ours\n"));
    auto upgraded = plain;
    upgraded.edit("/usr/bin/cache", "2");
    const MergeTrees trees{
        plain.store(contents), upgraded.store(contents), diverted.store(contents)};
    EXPECT_FALSE(merge(contents, sink, trees, options).tree);
}

TEST_F(Diversions, LeaveOwnersToTheirSide) {
    options.owners.uids.move(101, 102);
    auto theirs = diverted;
    theirs.attributes("/usr/bin/cache").uid = 101;
    auto upgraded = plain;
    upgraded.edit("/usr/bin/cache", "2");
    auto wanted = theirs;
    wanted.edit("/usr/bin/cache.distrib", "2").attributes("/usr/bin/cache").uid = 102;
    const MergeTrees trees{plain.store(contents), upgraded.store(contents), theirs.store(contents)};
    EXPECT_EQ(merge(contents, sink, trees, options).tree, wanted.store(contents));
}

TEST_F(Diversions, LeaveAConflictWhereTheWrapperItselfWasUpgradedAndRemoved) {
    auto upgraded = diverted;
    upgraded.edit("/usr/bin/cache.distrib", "2").edit("/usr/bin/cache", "wrapper 2");
    const MergeTrees trees{
        diverted.store(contents), plain.store(contents), upgraded.store(contents)};
    EXPECT_FALSE(merge(contents, sink, trees, options).tree);
}

} // namespace
} // namespace slipway::tree
