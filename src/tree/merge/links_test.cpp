#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tree/content.h"
#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Hard links that both sides changed. Every result is loaded, which checks its link ids.
class MergeLinks : public testing::Test {
protected:
    MergeLinks() {
        options.rules = MergeRules::parse(as_bytes("/set/** driver set\n"));
        options.drivers.emplace("set", &driver);
        base.file("/d/a", "1").link("/e/b", "/d/a").link("/f/c", "/d/a").file("/g/d", "2");
        // So that no directory above is the same on one side.
        ours = theirs = base;
        ours.file("/ours", "");
        theirs.file("/theirs", "");
    }

    MergeResult run() {
        const MergeTrees trees{base.store(contents), ours.store(contents), theirs.store(contents)};
        return merge(contents, sink, trees, options);
    }

    void expect(TestTree wanted) {
        wanted.file("/ours", "").file("/theirs", "");
        for (int side = 0; side < 2; ++side) {
            const auto result = run();
            ASSERT_THAT(conflicts(result), IsEmpty());
            const auto merged = TestTree::load(contents, *result.tree);
            if (*result.tree != wanted.store(contents)) {
                EXPECT_EQ(merged.listing(), wanted.listing());
                FAIL() << "another tree";
            }
            std::swap(ours, theirs);
        }
    }

    void expect_conflicts(const std::vector<std::string>& wanted) {
        EXPECT_EQ(conflicts(run()), wanted);
        std::swap(ours, theirs);
        EXPECT_EQ(conflicts(run()), wanted);
        std::swap(ours, theirs);
    }

    static std::vector<std::string> conflicts(const MergeResult& result) {
        std::vector<std::string> list;
        for (const auto& conflict : result.conflicts) {
            list.push_back(conflict.path + " " + std::string(name_of(conflict.field)));
        }
        return list;
    }

    MemoryContents contents;
    MemorySink sink{contents};
    LineSetDriver driver;
    MergeOptions options;
    TestTree base, ours, theirs;
};

TEST_F(MergeLinks, AreLeftAloneWhereOneSideChangedThem) {
    theirs.link("/0", "/d/a").remove("/f/c");
    auto wanted = theirs;
    expect(wanted);
    EXPECT_EQ(run().statistics.links_renewed, 0);
}

TEST_F(MergeLinks, JoinNamesThatBothSidesGaveToOneInode) {
    ours.link("/d/new", "/d/a");
    theirs.link("/f/new", "/d/a");
    auto wanted = ours;
    expect(wanted.link("/f/new", "/d/a"));
}

TEST_F(MergeLinks, AreRenamedWhenTheFirstNameGoesOrComes) {
    ours.remove("/d/a").link("/f/new", "/f/c");
    theirs.link("/g/new", "/d/a");
    auto wanted = ours;
    expect(wanted.link("/g/new", "/f/c"));
    theirs.link("/a/first", "/d/a");
    expect(wanted.link("/a/first", "/f/c"));
}

TEST_F(MergeLinks, ShrinkToOneName) {
    ours.remove("/f/c");
    theirs.remove("/e/b");
    auto wanted = ours;
    expect(wanted.remove("/e/b"));
}

TEST_F(MergeLinks, ShrinkToOneNameThatIsNotTheFirst) {
    ours.remove("/d/a");
    theirs.remove("/e/b");
    auto wanted = ours;
    expect(wanted.remove("/e/b"));
}

TEST_F(MergeLinks, ShrinkInDirectoriesThatOneSideKept) {
    // Each side changes a directory that the other side kept, and nothing else of the group.
    base.link("/d/b", "/d/a");
    base.remove("/e").remove("/f").link("/f/c", "/d/a");
    ours = theirs = base;
    ours.file("/ours", "").remove("/d/b");
    theirs.file("/theirs", "").remove("/f/c");
    auto wanted = ours;
    expect(wanted.remove("/f/c"));
    ours.remove("/d/a");
    expect(wanted.remove("/d/a"));
}

TEST_F(MergeLinks, DisappearTogether) {
    ours.remove("/d/a").remove("/e/b");
    theirs.remove("/f/c");
    auto wanted = ours;
    expect(wanted.remove("/f/c"));
}

TEST_F(MergeLinks, FindTheRestOfAGroupWhenASmallerNameJoinsIt) {
    base.link("/g/e", "/g/d");
    ours = theirs = base;
    // Ours makes both groups one; theirs gives the second a name that comes first.
    ours.file("/ours", "").edit("/g/d", "1").remove("/g/e").remove("/g/d");
    ours.link("/g/d", "/d/a").link("/g/e", "/d/a");
    theirs.file("/theirs", "").link("/0", "/g/d");
    auto wanted = ours;
    expect(wanted.link("/0", "/d/a"));
}

TEST_F(MergeLinks, ANewNameHoldsWhatTheOtherSideMadeOfTheInode) {
    ours.edit("/d/a", "1+");
    ours.attributes("/d/a").mode = 0600;
    theirs.link("/f/new", "/d/a").attributes("/d/a").uid = 3;
    auto wanted = ours;
    wanted.link("/f/new", "/d/a").attributes("/d/a").uid = 3;
    expect(wanted);
}

TEST_F(MergeLinks, ARemovedNameDoesNotMeetAnEditThatOtherNamesKeep) {
    ours.remove("/d/a");
    theirs.edit("/d/a", "1+");
    auto wanted = ours;
    expect(wanted.edit("/e/b", "1+"));
}

TEST_F(MergeLinks, RemovingAllNamesMeetsAnEdit) {
    ours.remove("/d/a").remove("/e/b").remove("/f/c");
    theirs.edit("/d/a", "1+");
    expect_conflicts({"/d/a presence"});
}

TEST_F(MergeLinks, ASplitNameGoesItsOwnWay) {
    ours.edit("/d/a", "group");
    theirs.split("/e/b").edit("/e/b", "alone");
    auto wanted = ours;
    expect(wanted.split("/e/b").edit("/e/b", "alone"));
    EXPECT_THAT(run().notes.at(0).text, HasSubstr("stays with the other names"));
}

TEST_F(MergeLinks, ASplitNameThatHoldsTheSameGetsTheEdit) {
    ours.edit("/d/a", "group");
    theirs.split("/e/b");
    auto wanted = ours;
    expect(wanted.split("/e/b"));
}

TEST_F(MergeLinks, ASplitMeetsAnEditThatWouldBeLost) {
    ours.edit("/d/a", "group");
    theirs.split("/e/b").edit("/e/b", "alone").edit("/d/a", "other group");
    expect_conflicts({"/d/a content", "/e/b content"});
}

TEST_F(MergeLinks, AreMergedOnceForTheWholeGroup) {
    base.file("/set/a", "a\n").link("/set/b", "/set/a").link("/set/c", "/set/a");
    ours = theirs = base;
    ours.file("/ours", "").edit("/set/a", "a\nb\n");
    theirs.file("/theirs", "").edit("/set/a", "a\nc\n");
    auto wanted = ours;
    expect(wanted.edit("/set/a", "a\nb\nc\n"));
    driver.calls = 0;
    ours.edit("/set/a", "clash 1\n");
    theirs.edit("/set/a", "clash 2\n");
    expect_conflicts({"/set/a content"});
    EXPECT_EQ(driver.calls, 2);
}

TEST_F(MergeLinks, JoinedNamesHoldWhatTheOtherSideMadeOfTheInodeTheyJoin) {
    ours.link("/g/d", "/d/a");
    theirs.edit("/d/a", "1+");
    auto wanted = theirs;
    expect(wanted.link("/g/d", "/d/a"));
}

TEST_F(MergeLinks, JoiningMeetsAnEditOfWhatIsReplaced) {
    ours.link("/g/d", "/d/a");
    theirs.edit("/g/d", "2+");
    expect_conflicts({"/g/d content"});
}

TEST_F(MergeLinks, NamesThatWouldNotHoldTheSameGoTheirOwnWay) {
    ours.link("/g/d", "/d/a");
    theirs.attributes("/g/d").mode = 0600;
    auto wanted = ours;
    wanted.split("/g/d").attributes("/g/d").mode = 0600;
    expect(wanted);
    EXPECT_EQ(
        run().notes.at(0).text,
        "it is no longer one file with others, which would not hold the same"
    );
}

TEST_F(MergeLinks, ChainsOfJoinsAreOneGroup) {
    base.file("/x", "3").file("/y", "3").file("/z", "3");
    ours = theirs = base;
    ours.file("/ours", "").link("/y", "/x");
    theirs.file("/theirs", "").link("/z", "/y");
    auto wanted = ours;
    expect(wanted.link("/z", "/x"));
}

TEST_F(MergeLinks, MeetWhereEachSideLinksANameWithSomethingElse) {
    base.file("/h/e", "3").link("/h/f", "/h/e");
    ours = theirs = base;
    ours.link("/g/d", "/d/a");
    theirs.link("/g/d", "/h/e");
    expect_conflicts({"/g/d links"});
    EXPECT_EQ(run().conflicts[0].values.base, "not linked");
    EXPECT_EQ(run().conflicts[0].values.ours, "linked");
}

TEST_F(MergeLinks, MeetWhereOneSideLeftNoInodeForANewName) {
    ours.split("/e/b").edit("/e/b", "2").split("/f/c").edit("/f/c", "3").edit("/d/a", "4");
    theirs.link("/new", "/d/a");
    expect_conflicts({"/new links"});
}

TEST_F(MergeLinks, ANewNameGoesToTheInodeThatWasLeftAsItWas) {
    ours.split("/d/a").edit("/d/a", "2");
    theirs.link("/new", "/d/a");
    auto wanted = ours;
    expect(wanted.link("/new", "/e/b"));
}

TEST_F(MergeLinks, BothMayAddTheSameGroup) {
    ours.file("/n/a", "5").link("/n/b", "/n/a");
    theirs.file("/n/a", "5").link("/n/b", "/n/a").link("/m/c", "/n/a");
    auto wanted = theirs;
    expect(wanted);
}

TEST_F(MergeLinks, ANameThatAChoiceLeavesOutMayLeaveAnotherAlone) {
    base = TestTree().file("/b", "1").link("/g", "/b");
    ours = theirs = base;
    ours.file("/c/f", "2").file("/x", "3").link("/y", "/x");
    theirs.link("/c", "/b").remove("/g");
    options.resolutions.add("/c", Choice::ours);
    auto wanted = ours;
    EXPECT_EQ(run().tree, wanted.remove("/g").store(contents));
}

TEST_F(MergeLinks, FollowTheOwnersOfTheirs) {
    theirs.attributes("/d/a").uid = 1000;
    theirs.link("/h/new", "/d/a");
    options.owners.uids.move(1000, 5000);
    auto wanted = theirs;
    wanted.file("/ours", "").attributes("/d/a").uid = 5000;
    EXPECT_EQ(run().tree, wanted.store(contents));
    base.attributes("/d/a").uid = ours.attributes("/d/a").uid = 1000; // known by base: kept
    wanted.attributes("/d/a").uid = 1000;
    EXPECT_EQ(run().tree, wanted.store(contents));
}

} // namespace
} // namespace slipway::tree
