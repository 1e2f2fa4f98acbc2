#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;

class MergeRenames : public testing::Test {
protected:
    MergeRenames() {
        base.file("/d/old", "1").file("/d/other", "2").file("/e/f", "3");
        ours = theirs = base;
    }

    MergeResult run() {
        const MergeTrees trees{base.store(contents), ours.store(contents), theirs.store(contents)};
        return merge(contents, sink, trees, options);
    }

    void expect(const TestTree& wanted) {
        const auto result = run();
        ASSERT_TRUE(result.tree);
        EXPECT_EQ(TestTree::load(contents, *result.tree).listing(), wanted.listing());
        std::swap(ours, theirs);
        EXPECT_EQ(run().tree, result.tree);
        std::swap(ours, theirs);
    }

    void expect_conflicts(const std::vector<std::string>& wanted) {
        std::vector<std::string> list;
        for (const auto& conflict : run().conflicts) {
            list.push_back(conflict.path + " " + std::string(name_of(conflict.field)));
        }
        EXPECT_EQ(list, wanted);
    }

    /// What was added to a directory that went stays where it was added, and that is told.
    void expect_stays(const std::string& path) {
        expect_conflicts({});
        EXPECT_THAT(run().notes, Contains(Field(&MergeNote::path, path)));
    }

    MemoryContents contents;
    MemorySink sink{contents};
    MergeOptions options;
    TestTree base, ours, theirs;
};

TEST_F(MergeRenames, AreFollowedByTheOtherSidesEdit) {
    ours.rename("/d/old", "/new/place").attributes("/new/place").uid = 4;
    theirs.edit("/d/old", "1+").attributes("/d/old").mode = 0600;
    auto wanted = ours;
    wanted.edit("/new/place", "1+").attributes("/new/place").mode = 0600;
    const auto result = run();
    ASSERT_TRUE(result.tree);
    EXPECT_EQ(result.tree, wanted.store(contents));
    EXPECT_THAT(
        result.notes,
        ElementsAre(MergeNote{
            "/new/place", "ours renamed /d/old, and what theirs changed there follows"})
    );
    EXPECT_EQ(result.statistics.renames_followed, 1);
}

TEST_F(MergeRenames, OfADirectoryAreFollowedFileByFile) {
    ours.rename("/d", "/x");
    theirs.edit("/d/old", "1+").edit("/d/other", "2+");
    auto wanted = ours;
    expect(wanted.edit("/x/old", "1+").edit("/x/other", "2+"));
}

TEST_F(MergeRenames, AreNotGuessedWhereTwoFilesAreAlike) {
    ours.rename("/d/old", "/x/1").file("/x/2", "1");
    theirs.edit("/d/old", "1+");
    expect_conflicts({"/d/old presence"});
    ours.remove("/x/2").file("/d/other", "2");
    base.file("/d/other", "1");
    theirs.file("/d/other", "1");
    ours.remove("/d/other");
    expect_conflicts({"/d/old presence"});
}

TEST_F(MergeRenames, AreNotFollowedToWhatTheOtherSideHas) {
    ours.rename("/d/old", "/new");
    theirs.edit("/d/old", "1+").file("/new", "mine");
    expect_conflicts({"/d/old presence", "/new content"});
}

TEST_F(MergeRenames, ToTwoNamesConflict) {
    ours.rename("/d/old", "/d/a");
    theirs.rename("/d/old", "/d/b");
    expect_conflicts({"/d/old name"});
    EXPECT_EQ(run().conflicts[0].values.theirs, "/d/b");
    options.resolutions.add("/d/old", Choice::theirs);
    EXPECT_EQ(run().tree, theirs.store(contents));
    options.resolutions = Resolutions::parse(as_bytes("/d\tours\n"));
    EXPECT_EQ(run().tree, ours.store(contents));
    options.resolutions = Resolutions::parse(as_bytes("/d\tbase\n"));
    EXPECT_EQ(run().tree, base.store(contents));
    options.resolutions = Resolutions::parse(as_bytes("/d\tdelete\n"));
    auto without = base;
    EXPECT_EQ(run().tree, without.remove("/d/old").store(contents));
}

TEST_F(MergeRenames, ToTheSameNameAreOne) {
    ours.rename("/d/old", "/d/a").edit("/d/other", "2+");
    theirs.rename("/d/old", "/d/a").edit("/e/f", "3+");
    auto wanted = ours;
    expect(wanted.edit("/e/f", "3+"));
}

TEST_F(MergeRenames, ToTheSameNameMeetThere) {
    ours.rename("/d/old", "/d/a").attributes("/d/a").mode = 0600;
    theirs.rename("/d/old", "/d/a").attributes("/d/a").uid = 4;
    auto wanted = ours;
    wanted.attributes("/d/a").uid = 4;
    expect(wanted);
}

TEST_F(MergeRenames, OfWhatTheOtherSideRemovedAreTold) {
    ours.rename("/d/old", "/d/a");
    theirs.remove("/d/old").edit("/e/f", "3+");
    auto wanted = ours;
    expect(wanted.edit("/e/f", "3+"));
    EXPECT_THAT(
        run().notes,
        ElementsAre(MergeNote{"/d/a", "ours renamed /d/old, which theirs removed: it stays"})
    );
    theirs.remove("/d");
    wanted = ours;
    expect(wanted.remove("/d/other").edit("/e/f", "3+"));
    EXPECT_THAT(run().notes, Contains(Field(&MergeNote::path, "/d/a")));
}

TEST_F(MergeRenames, OfWhatTheOtherSideRemovedConflictIfItWasChangedToo) {
    ours.rename("/d/old", "/d/a").attributes("/d/a").mode = 0600;
    theirs.remove("/d/old");
    expect_conflicts({"/d/a presence"});
    EXPECT_EQ(
        run().conflicts[0].detail, "theirs removed /d/old, ours renamed it to this and changed it"
    );
    options.resolutions.add("/d/a", Choice::ours);
    EXPECT_EQ(run().tree, ours.store(contents));
    options.resolutions = {};
    options.resolutions.add("/d/a", Choice::theirs);
    EXPECT_EQ(run().tree, theirs.store(contents));
    options.resolutions = Resolutions::parse(as_bytes("/d/a\tbase\n"));
    EXPECT_EQ(run().tree, base.store(contents));
    options.resolutions = Resolutions::parse(as_bytes("/d/a\tdelete\n"));
    EXPECT_EQ(run().tree, theirs.store(contents));
}

TEST_F(MergeRenames, IntoADirectoryThatTheOtherSideRemovedKeepTheDirectory) {
    ours.rename("/d/old", "/e/old");
    theirs.edit("/d/old", "1+").remove("/e");
    auto wanted = theirs;
    wanted.remove("/d/old").file("/e/old", "1+");
    expect(wanted);
}

TEST_F(MergeRenames, OfADirectoryTakeAlongWhatTheOtherSideDidInIt) {
    base.file("/d/sub/deep", "4").file("/d/empty", "").file("/d/gone", "5").symlink("/d/l", "x");
    base.file("/d/twin", "2");
    ours = theirs = base;
    ours.rename("/d", "/new/x");
    theirs.file("/d/added", "6").file("/d/more/added", "7").file("/d/sub/added", "8");
    theirs.edit("/d/twin", "2+").edit("/d/empty", "now").remove("/d/gone");
    theirs.attributes("/d").mode = 0700;
    auto wanted = theirs;
    expect(wanted.rename("/d", "/new/x"));
    EXPECT_THAT(
        run().notes,
        ElementsAre(MergeNote{
            "/new/x", "ours renamed the directory /d, and what theirs did there follows"})
    );
}

TEST_F(MergeRenames, OfADirectoryInsideOneThatWentAreFound) {
    base.file("/d/sub/deep", "4");
    ours = theirs = base;
    ours.rename("/d/sub", "/sub").remove("/d");
    theirs.file("/d/sub/added", "6");
    auto wanted = ours;
    expect(wanted.file("/sub/added", "6"));
}

TEST_F(MergeRenames, OfADirectoryThatBecameALinkAreFound) {
    ours.rename("/d", "/x").symlink("/d", "x");
    theirs.file("/d/added", "6");
    auto wanted = ours;
    expect(wanted.file("/x/added", "6"));
}

TEST_F(MergeRenames, OfDirectoriesOnBothSidesMeet) {
    ours.rename("/d", "/x").file("/e/added", "6");
    theirs.rename("/e", "/y").file("/d/added", "7");
    auto wanted = base;
    wanted.rename("/d", "/x").rename("/e", "/y");
    expect(wanted.file("/y/added", "6").file("/x/added", "7"));
}

TEST_F(MergeRenames, OfADirectoryAreNotGuessed) {
    theirs.file("/d/added", "6");
    const auto renamed = [&] { return TestTree(base).rename("/d", "/x"); };
    ours = renamed().edit("/x/other", "2+"); // not all is there
    expect_stays("/d/added");
    ours = renamed().rename("/x/old", "/z/old"); // it was taken apart
    expect_stays("/d/added");
    ours = renamed().file("/copy/old", "1").file("/copy/other", "2"); // one of two
    expect_stays("/d/added");
    ours = renamed();
    theirs.file("/x/mine", "3"); // the new path is taken
    expect_stays("/d/added");
}

TEST_F(MergeRenames, OfADirectoryWithHardLinksAreNotFollowed) {
    base.link("/d/link", "/d/old");
    ours = theirs = base;
    ours.rename("/d", "/x");
    theirs.file("/d/added", "6");
    expect_stays("/d/added");
}

} // namespace
} // namespace slipway::tree
