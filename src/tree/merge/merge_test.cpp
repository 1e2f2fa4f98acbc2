#include "tree/merge/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three trees that begin alike, and what comes of merging them.
class Merge : public testing::Test {
protected:
    Merge() {
        options.rules = MergeRules::parse(as_bytes("/set/** driver set\n"
                                                   "/list/** driver list\n"
                                                   "/cache regenerate cache\n"
                                                   "/db conflict binary database\n"
                                                   "/mine ours\n"
                                                   "/yours theirs\n"
                                                   "/strange driver unknown\n"));
        options.drivers.emplace("set", &driver);
    }

    /// All three are `base` from here on.
    void start() { ours = theirs = base; }

    MergeResult run() {
        const MergeTrees trees{base.store(contents), ours.store(contents), theirs.store(contents)};
        return merge(contents, sink, trees, options);
    }

    void expect(const TestTree& wanted) {
        const auto result = run();
        ASSERT_THAT(conflicts(result), IsEmpty());
        ASSERT_TRUE(result.tree);
        if (*result.tree != wanted.store(contents)) {
            EXPECT_EQ(TestTree::load(contents, *result.tree).listing(), wanted.listing());
            FAIL() << "another tree";
        }
    }

    /// Expects conflicts "PATH FIELD", and that sides do not matter.
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
        EXPECT_EQ(result.tree.has_value(), list.empty());
        return list;
    }

    static std::vector<std::string> notes(const MergeResult& result) {
        std::vector<std::string> list;
        for (const auto& note : result.notes) {
            list.push_back(note.path + ": " + note.text);
        }
        return list;
    }

    MemoryContents contents;
    MemorySink sink{contents};
    LineSetDriver driver;
    LineSetDriver list_driver{Absence::empty};
    MergeOptions options;
    TestTree base, ours, theirs;
};

TEST_F(Merge, TakesWhatEachSideAddedChangedAndRemoved) {
    base.file("/a/old", "1").file("/a/kept", "2").file("/b/old", "3");
    start();
    ours.file("/a/new", "4").remove("/a/old");
    theirs.edit("/a/kept", "5").file("/b/new", "6").attributes("/b").mode = 0700;
    auto wanted = base;
    wanted.file("/a/new", "4").remove("/a/old").edit("/a/kept", "5").file("/b/new", "6");
    wanted.attributes("/b").mode = 0700;
    expect(wanted);
}

TEST_F(Merge, NeverOpensASubtreeThatOneSideKept) {
    base.file("/ours/f", "1").file("/theirs/f", "2").file("/same/f", "3").file("/both/f", "4");
    start();
    ours.edit("/ours/f", "1+").file("/both/a", "");
    theirs.edit("/theirs/f", "2+").file("/both/b", "");
    const MergeTrees trees{base.store(contents), ours.store(contents), theirs.store(contents)};
    const auto same = load_directory(contents, trees.ours).entries[2];
    contents.remove(std::get<Subdirectory>(same.node).directory);
    const auto result = merge(contents, sink, trees, options);
    ASSERT_TRUE(result.tree);
    // Root and /both three times; /theirs, for its hard links, in the base and in theirs.
    EXPECT_EQ(result.statistics.directories_read, 8);
    EXPECT_EQ(result.statistics.directories_written, 2);
}

TEST_F(Merge, MergesEachFieldOfAnInodeByItself) {
    base.file("/f", "1");
    base.attributes("/f").xattrs = {{"user.a", "1"}, {"user.b", "1"}};
    start();
    ours.edit("/f", "2");
    ours.attributes("/f").uid = 7;
    ours.attributes("/f").xattrs = {{"user.a", "2"}, {"user.b", "1"}};
    theirs.attributes("/f").mode = 04755;
    theirs.attributes("/f").gid = 8;
    theirs.attributes("/f").xattrs = {{"user.a", "1"}, {"user.c", "3"}};
    auto wanted = ours;
    wanted.attributes("/f") = {04755, 7, 8, {}, {{"user.a", "2"}, {"user.c", "3"}}};
    expect(wanted);
}

TEST_F(Merge, NamesEachFieldThatBothChanged) {
    base.file("/f", "1").directory("/d").symlink("/l", "a");
    base.node("/n", Device{DeviceKind::block, 8, 0}, {});
    base.attributes("/f").xattrs = {{"user.a", "1"}};
    start();
    std::uint32_t value = 1;
    for (auto* side : {&ours, &theirs}) {
        ++value;
        side->edit("/f", std::to_string(value)).symlink("/l", std::to_string(value));
        side->node("/n", Device{DeviceKind::block, 8, value}, {});
        side->attributes("/f") = {value, value, value, {}, {{"user.a", std::to_string(value)}}};
        side->attributes("/d").mode = value;
        side->attributes("").gid = value;
    }
    expect_conflicts(
        {"/ gid",
         "/d mode",
         "/f content",
         "/f mode",
         "/f uid",
         "/f gid",
         "/f xattr",
         "/l target",
         "/n device"}
    );
    const auto all = run().conflicts;
    EXPECT_EQ(all[3].values.base, "0644");
    EXPECT_EQ(all[3].values.ours, "0002");
    EXPECT_EQ(all[3].values.theirs, "0003");
    EXPECT_EQ(all[6].detail, "user.a");
    EXPECT_THAT(*all[2].values.ours, HasSubstr("1 bytes ("));
}

TEST_F(Merge, TakesTheLaterOfTwoNewTimes) {
    base.file("/f", "1").directory("/d");
    start();
    ours.attributes("/f").mtime = {5, 1};
    theirs.attributes("/f").mtime = {5, 2};
    ours.attributes("/d").mtime = {-3, 0};
    theirs.attributes("/d").mtime = {-4, 9};
    auto wanted = base;
    wanted.attributes("/f").mtime = {5, 2};
    wanted.attributes("/d").mtime = {-3, 0};
    expect(wanted);
}

TEST_F(Merge, KeepsARemovalOfWhatTheOtherSideLeftOrTouched) {
    base.file("/d/left", "1").file("/d/touched", "2").file("/e/f", "3");
    start();
    ours.remove("/d");
    theirs.attributes("/d/touched").mtime = {9, 0};
    theirs.attributes("/d").mtime = {9, 0};
    theirs.remove("/e/f");
    ours.attributes("/e").mode = 0711;
    auto wanted = base;
    wanted.remove("/d").remove("/e/f").attributes("/e").mode = 0711;
    expect(wanted);
}

TEST_F(Merge, NamesWhatWasChangedBeneathARemovedDirectory) {
    base.file("/d/e/f", "1").file("/d/e/g", "2").file("/d/h", "3").directory("/d/i");
    start();
    ours.remove("/d");
    theirs.edit("/d/e/f", "1+").remove("/d/e/g");
    theirs.attributes("/d/i").mode = 0;
    expect_conflicts({"/d/e/f presence", "/d/i presence"});
    EXPECT_EQ(run().conflicts[0].detail, "ours removed it, theirs changed it");
    EXPECT_EQ(run().conflicts[0].values.ours, std::nullopt);
}

TEST_F(Merge, KeepsWhatWasAddedBeneathARemovedDirectory) {
    base.file("/d/e/f", "1").file("/d/h", "3");
    start();
    ours.remove("/d");
    theirs.file("/d/new/a", "4").file("/d/new/b", "5");
    auto wanted = theirs;
    wanted.remove("/d/e").remove("/d/h");
    expect(wanted);
    EXPECT_THAT(notes(run()), ElementsAre("/d/new: ours removed the directory, theirs added this"));
    std::swap(ours, theirs);
    expect(wanted);
}

TEST_F(Merge, TakesAwayADirectoryOfWhichEachSideRemovedAPart) {
    base.file("/d/e/a", "1").file("/d/e/b", "2").file("/kept", "3").directory("/empty");
    start();
    ours.remove("/d/e/a");
    theirs.remove("/d/e/b");
    auto wanted = base;
    wanted.remove("/d");
    expect(wanted);
}

TEST_F(Merge, AsksTheDriverWhereAnAbsentFileIsAnEmptyOne) {
    base.file("/list/x", "a\n").file("/list/y", "a\n").file("/set/x", "a\n");
    options.drivers.emplace("list", &list_driver);
    start();
    ours.remove("/list/x").remove("/list/y").remove("/set/x");
    theirs.edit("/list/x", "a\nb\n").edit("/set/x", "a\nb\n").edit("/list/y", "");
    expect_conflicts({"/set/x presence"});
    ours.file("/set/x", "a\n");
    auto wanted = theirs;
    wanted.edit("/list/x", "b\n").remove("/list/y");
    expect(wanted);
}

TEST_F(Merge, FollowsTheRuleWhereTwoLinksLeadElsewhere) {
    base.symlink("/mine", "a").symlink("/yours", "a").symlink("/cache", "a").symlink("/other", "a");
    start();
    ours.symlink("/mine", "b").symlink("/yours", "b").symlink("/cache", "b").symlink("/other", "b");
    theirs.symlink("/mine", "c").symlink("/yours", "c").symlink("/cache", "c");
    auto wanted = ours;
    wanted.symlink("/yours", "c");
    expect(wanted);
    theirs.symlink("/other", "c");
    expect_conflicts({"/other target"});
}

TEST_F(Merge, NamesAPathThatIsAFileHereAndADirectoryThere) {
    base.directory("/was/directory").file("/was/file", "1");
    start();
    ours.file("/new", "1").remove("/was/directory").symlink("/was/directory", "/x");
    ours.edit("/was/file", "2");
    theirs.directory("/new").file("/was/directory/f", "1").directory("/was/file");
    expect_conflicts({"/new kind", "/was/directory kind", "/was/file kind"});
}

TEST_F(Merge, TakesAChangeOfKindWhereTheOtherSideDidNothing) {
    base.file("/d/f", "1").file("/f", "1").file("/g", "2").symlink("/h", "g");
    start();
    ours.remove("/d").symlink("/d", "e").file("/e/f", "1").file("/x", "1");
    theirs.file("/f/now/a", "directory").symlink("/g", "h").file("/h", "file");
    auto wanted = theirs;
    wanted.remove("/d").symlink("/d", "e").file("/e/f", "1").file("/x", "1");
    expect(wanted);
}

TEST_F(Merge, TakesAChangeOfKindOfADirectoryWhereTheOtherSideHasNewTimes) {
    base.file("/bin/a", "1").file("/bin/b/c", "2");
    start();
    ours.remove("/bin").symlink("/bin", "usr/bin");
    theirs.attributes("/bin").mtime = theirs.attributes("/bin/a").mtime = {9, 0};
    expect(ours);
    theirs.attributes("/bin/b").mode = 0700;
    expect_conflicts({"/bin kind"});
}

TEST_F(Merge, NamesAChangeOfKindThatMeetsAnotherChange) {
    base.file("/f", "1").file("/g", "2");
    start();
    ours.symlink("/f", "g").symlink("/g", "f");
    theirs.attributes("/f").mode = 0600;
    theirs.node("/g", Fifo{}, {});
    expect_conflicts({"/f kind", "/g kind"});
}

TEST_F(Merge, MergesWhatBothAdded) {
    ours.file("/same", "1").file("/d/a", "2").file("/set/x", "a\n").file("/differs", "1");
    theirs.file("/same", "1").file("/d/b", "3").file("/set/x", "b\n").file("/differs", "2");
    expect_conflicts({"/differs content"});
    ours.remove("/differs");
    theirs.remove("/differs");
    auto wanted = ours;
    wanted.file("/d/b", "3").edit("/set/x", "a\nb\n");
    expect(wanted);
}

TEST_F(Merge, MergesUnrelatedTreesWithoutABase) {
    ours.file("/a", "1").file("/c", "1").link("/d", "/c");
    theirs.file("/b", "2").file("/c", "1").link("/d", "/c");
    const MergeTrees trees{std::nullopt, ours.store(contents), theirs.store(contents)};
    const auto result = merge(contents, sink, trees, options);
    auto wanted = ours;
    wanted.file("/b", "2");
    EXPECT_EQ(result.tree, wanted.store(contents));
}

TEST_F(Merge, AsksTheRulesAboutContentThatBothChanged) {
    for (const auto* path : {"/set/x", "/cache", "/db", "/mine", "/yours", "/strange", "/other"}) {
        base.file(path, "base\n");
    }
    start();
    for (const auto& [path, inode] : base.names()) {
        ours.edit(path, "base\nours\n");
        theirs.edit(path, "base\ntheirs\n");
    }
    const auto result = run();
    EXPECT_THAT(
        conflicts(result), ElementsAre("/db content", "/other content", "/strange content")
    );
    EXPECT_EQ(result.conflicts[0].detail, "binary database");
    EXPECT_EQ(result.conflicts[2].detail, "there is no driver unknown");
    EXPECT_THAT(result.regenerations, ElementsAre(Regeneration{"cache", "/cache"}));
    for (auto* side : {&base, &ours, &theirs}) {
        side->remove("/db").remove("/other").remove("/strange");
    }
    auto wanted = ours;
    wanted.edit("/set/x", "base\nours\ntheirs\n").edit("/yours", "base\ntheirs\n");
    expect(wanted);
    EXPECT_THAT(
        notes(run()),
        ElementsAre("/mine: ours is taken, by rule", "/yours: theirs is taken, by rule")
    );
}

TEST_F(Merge, TellsWhatADriverCannotDecide) {
    base.file("/set/x", "a\n");
    start();
    ours.edit("/set/x", "a\nclash 1\n");
    theirs.edit("/set/x", "a\nclash 2\nb\n");
    const auto result = run();
    const MergeConflict wanted{
        "/set/x", MergeField::content, "clash", {std::nullopt, "clash 1", "clash 2"}};
    EXPECT_THAT(result.conflicts, ElementsAre(wanted));
    options.resolutions.add("/set", Choice::theirs);
    auto wanted_tree = theirs;
    expect(wanted_tree.edit("/set/x", "a\nb\nclash 2\n"));
}

TEST_F(Merge, GivesDriversNothingThatIsTooLong) {
    base.file("/set/x", "a\n");
    start();
    ours.edit("/set/x", "a\nbbbb\n");
    theirs.edit("/set/x", "a\nc\n");
    options.longest_input = 6;
    EXPECT_THAT(run().conflicts[0].detail, HasSubstr("too long for driver set: over 6 bytes"));
    EXPECT_EQ(driver.calls, 0);
}

TEST_F(Merge, LeavesOutOrMakesAnewWhatARuleSaysSo) {
    base.file("/cache", "1").file("/mine", "1").file("/yours", "1");
    start();
    ours.remove("/cache").edit("/mine", "2").remove("/yours");
    theirs.edit("/cache", "2").remove("/mine").edit("/yours", "2");
    auto wanted = ours;
    wanted.file("/yours", "2");
    expect(wanted);
    EXPECT_THAT(run().regenerations, ElementsAre(Regeneration{"cache", "/cache"}));
}

TEST_F(Merge, DecidesConflictsAsItIsTold) {
    for (const auto* path : {"/1", "/2", "/3", "/4"}) {
        base.file(path, "base");
    }
    start();
    for (const auto* path : {"/1", "/2", "/3", "/4"}) {
        ours.edit(path, "ours");
        theirs.edit(path, "theirs");
    }
    theirs.file("/5", "untouched by any choice");
    options.resolutions = Resolutions::parse(
        as_bytes("/\tours\n/2\ttheirs\n/3\tbase\n/4\tdelete\n/5\tours\n/9\ttheirs\n")
    );
    auto wanted = ours;
    wanted.edit("/2", "theirs").edit("/3", "base").remove("/4");
    wanted.file("/5", "untouched by any choice");
    expect(wanted);
    EXPECT_THAT(
        notes(run()),
        ElementsAre(
            "/5: there was nothing to decide for ours", "/9: there was nothing to decide for theirs"
        )
    );
}

TEST_F(Merge, DecidesClashesOfDirectoriesAsItIsTold) {
    base.file("/gone/changed", "1").file("/gone/left", "1").file("/d/f", "1");
    start();
    ours.remove("/gone").remove("/d").file("/d", "file");
    theirs.edit("/gone/changed", "2").file("/gone/new/x", "3").edit("/d/f", "2");
    theirs.attributes("/gone").mode = 0700;
    options.resolutions.add("/", Choice::theirs);
    auto wanted = theirs;
    wanted.remove("/gone/left");
    expect(wanted);
    options.resolutions = {};
    options.resolutions.add("/", Choice::ours);
    expect(ours);
    options.resolutions = {};
    options.resolutions.add("/", Choice::base);
    wanted = base;
    wanted.remove("/gone/left").attributes("/gone").mode = 0700;
    expect(wanted);
}

TEST_F(Merge, GivesWhatTheirsAddedOrChangedItsNewOwners) {
    base.file("/kept", "1").file("/changed", "1").file("/given", "1").directory("/d");
    base.attributes("/kept").uid = base.attributes("/changed").uid = 1000;
    start();
    ours.file("/ours", "1").attributes("/ours").uid = 1000;
    theirs.edit("/changed", "2").file("/new/f", "1").file("/d/f", "1").link("/d/g", "/d/f");
    theirs.attributes("/given").gid = 1000;
    theirs.attributes("/new").uid = theirs.attributes("/new/f").uid = 1000;
    theirs.attributes("/d/f").uid = 1000;
    options.owners.uids.move(1000, 5000);
    options.owners.gids.move(1000, 6000);
    auto wanted = theirs;
    wanted.file("/ours", "1").attributes("/ours").uid = 1000;
    wanted.attributes("/given").gid = 6000;
    wanted.attributes("/new").uid = wanted.attributes("/new/f").uid = 5000;
    wanted.attributes("/d/f").uid = 5000;
    expect(wanted);
    ours = base; // also where ours adds nothing
    wanted.remove("/ours");
    expect(wanted);
}

TEST_F(Merge, RefusesATreeThatIsTooDeep) {
    const auto nest = [&](std::uint32_t mode) {
        auto id = contents.put(encode(Directory{{mode, 0, 0, {}, {}}, {}}));
        for (int level = 0; level < 4097; ++level) {
            id = contents.put(encode(Directory{{}, {{"d", Subdirectory{id}, {}, {}}}}));
        }
        return id;
    };
    const MergeTrees trees{nest(0), nest(1), nest(2)};
    try {
        merge(contents, sink, trees, options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt);
        EXPECT_THAT(error.what(), HasSubstr("deeper than 4096"));
    }
}

} // namespace
} // namespace slipway::tree
