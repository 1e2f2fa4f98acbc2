#include "tree/merge/resolutions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::tree {
namespace {

using testing::HasSubstr;

TEST(Resolutions, HoldForAPathAndAllBeneathAndTheLongestCounts) {
    const auto choices = Resolutions::parse(as_bytes("# comment\n"
                                                     "\n"
                                                     "/etc\tours\r\n"
                                                     "/etc/ssh/\ttheirs\n"
                                                     "/usr\tbase\n"
                                                     "/var/x\tdelete"));
    EXPECT_EQ(choices.find("/etc/fstab")->choice, Choice::ours);
    EXPECT_EQ(choices.find("/etc/ssh")->choice, Choice::theirs);
    EXPECT_EQ(choices.find("/etc/ssh/sshd_config")->choice, Choice::theirs);
    EXPECT_EQ(choices.find("/etc/ssh/sshd_config")->path, "/etc/ssh");
    EXPECT_EQ(choices.find("/usr/a/b/c")->choice, Choice::base);
    EXPECT_EQ(choices.find("/var/x")->choice, Choice::remove);
    EXPECT_FALSE(choices.find("/etcetera"));
    EXPECT_FALSE(choices.find("/"));
}

TEST(Resolutions, OfTheRootHoldForEverything) {
    Resolutions choices;
    choices.add("/", Choice::theirs);
    EXPECT_EQ(choices.find("/")->choice, Choice::theirs);
    EXPECT_EQ(choices.find("/a/b")->choice, Choice::theirs);
}

TEST(Resolutions, NamePathsAsConflictsShowThem) {
    const auto choices = Resolutions::parse(as_bytes("/a\\x09b\\x5c\tours\n"));
    EXPECT_TRUE(choices.find("/a\tb\\"));
    EXPECT_EQ(choices.text(), "/a\\x09b\\x5c\tours\n");
    EXPECT_EQ(Resolutions::parse(as_bytes("/\tours")).text(), "/\tours\n");
}

TEST(Resolutions, RefuseWhatTheyDoNotUnderstandAndNameTheLine) {
    const auto refuses = [](std::string_view line, std::string_view why) {
        try {
            Resolutions::parse(as_bytes("/a\tours\n" + std::string(line) + "\n"));
            ADD_FAILURE() << line;
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::usage);
            EXPECT_THAT(error.what(), HasSubstr(std::string(why)));
            EXPECT_THAT(error.context().at(0), HasSubstr("line 2"));
        }
    };
    refuses("/b ours", "no tab");
    refuses("/b\tmine", "'mine' is no choice");
    refuses("/b\t", "'' is no choice");
    refuses("b\tours", "does not begin");
    refuses("/a\ttheirs", "two choices");
    refuses("/\\q\tours", "backslash");
    refuses("/\\x1\tours", "backslash");
    refuses("/\\x-1\tours", "backslash");
}

} // namespace
} // namespace slipway::tree
