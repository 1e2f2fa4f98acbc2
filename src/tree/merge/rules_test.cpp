#include "tree/merge/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::tree {
namespace {

using testing::HasSubstr;

TEST(Glob, MatchesWholePaths) {
    EXPECT_TRUE(glob_matches("/etc/passwd", "/etc/passwd"));
    EXPECT_FALSE(glob_matches("/etc/passwd", "/etc/passwd-"));
    EXPECT_FALSE(glob_matches("/etc/passwd", "/target/etc/passwd"));
    EXPECT_FALSE(glob_matches("", "/"));
}

TEST(Glob, StarsAndQuestionMarksStayWithinAName) {
    EXPECT_TRUE(glob_matches("/a/*.list", "/a/x.list"));
    EXPECT_TRUE(glob_matches("/a/*.list", "/a/.list"));
    EXPECT_FALSE(glob_matches("/a/*.list", "/a/b/x.list"));
    EXPECT_TRUE(glob_matches("/a/x?", "/a/xy"));
    EXPECT_FALSE(glob_matches("/a?x", "/a/x"));
    EXPECT_TRUE(glob_matches("/*/*", "/a/b"));
    EXPECT_TRUE(glob_matches("/*a*b*", "/xaabyb"));
}

TEST(Glob, TwoStarsCrossDirectories) {
    EXPECT_TRUE(glob_matches("/etc/**", "/etc/a/b"));
    EXPECT_FALSE(glob_matches("/etc/**", "/etc"));
    EXPECT_TRUE(glob_matches("**.list", "/a/b/c.list"));
    EXPECT_TRUE(glob_matches("/a/**/b", "/a/b"));
    EXPECT_TRUE(glob_matches("/a/**/b", "/a/x/y/b"));
    EXPECT_FALSE(glob_matches("/a/**/b", "/a/xb"));
    EXPECT_TRUE(glob_matches("/a/**/**/b", "/a/b"));
    EXPECT_TRUE(glob_matches("**/lib/*", "/usr/lib/x"));
    EXPECT_TRUE(glob_matches("**/lib/*", "/lib/x"));
}

TEST(Glob, ABackslashMakesTheNextByteOrdinary) {
    EXPECT_TRUE(glob_matches("/a\\*", "/a*"));
    EXPECT_FALSE(glob_matches("/a\\*", "/ab"));
    EXPECT_TRUE(glob_matches("/a\\\\", "/a\\"));
}

TEST(Glob, TakesNoLongerForManyStars) {
    const std::string path = "/" + std::string(4000, 'a');
    std::string pattern = "/";
    for (int i = 0; i < 100; ++i) {
        pattern += "*a**";
    }
    EXPECT_FALSE(glob_matches(pattern + "b?", path)); // that "b" is wanted shows late
}

TEST(Glob, LooksAtMoreThanBothEnds) {
    EXPECT_FALSE(glob_matches("/a*a", "/a"));
    EXPECT_FALSE(glob_matches("/a/**/a", "/a/xa"));
    EXPECT_TRUE(glob_matches("**a", "a"));
    EXPECT_TRUE(glob_matches("/a\\**\\?", "/a*x?"));
}

TEST(MergeRules, TakeTheFirstThatMatches) {
    const auto rules = MergeRules::parse(as_bytes("# comment\n"
                                                  "\n"
                                                  "/etc/passwd\t driver passwd \n"
                                                  "  /etc/** driver lines\r\n"
                                                  "/with\\ blank conflict two  words\n"
                                                  "/a ours\n"));
    EXPECT_EQ(rules.find("/etc/passwd")->argument, "passwd");
    EXPECT_EQ(rules.find("/etc/x/y")->argument, "lines");
    EXPECT_EQ(rules.find("/with blank")->argument, "two  words");
    EXPECT_EQ(rules.find("/a")->action, MergeRule::Action::ours);
    EXPECT_EQ(rules.find("/b"), nullptr);
}

TEST(MergeRules, OfARepositoryComeBeforeTheDefaults) {
    const auto rules =
        MergeRules::parse(as_bytes("/etc/passwd ours\n")).before(MergeRules::defaults());
    EXPECT_EQ(rules.find("/etc/passwd")->action, MergeRule::Action::ours);
    EXPECT_EQ(rules.find("/etc/group")->argument, "group");
}

TEST(MergeRules, ComeBackFromTheirText) {
    const auto& rules = MergeRules::defaults();
    EXPECT_EQ(MergeRules::parse(as_bytes(rules.text())).list(), rules.list());
}

TEST(MergeRules, RefuseWhatTheyDoNotUnderstandAndNameTheLine) {
    const auto refuses = [](std::string_view line, std::string_view why) {
        try {
            MergeRules::parse(as_bytes("/a ours\n" + std::string(line) + "\n"));
            ADD_FAILURE() << line;
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::usage);
            EXPECT_THAT(error.what(), HasSubstr(std::string(why)));
            EXPECT_THAT(error.context().at(0), HasSubstr("line 2"));
        }
    };
    refuses("/a", "'' is no action");
    refuses("/a merge", "'merge' is no action");
    refuses("/a driver", "'' is no name");
    refuses("/a driver Two words", "is no name");
    refuses("/a ours now", "takes nothing");
    refuses("a ours", "begins with neither");
    refuses("/a\\", "nothing follows");
    refuses("/" + std::string(5000, 'a') + " ours", "5001 bytes");
}

TEST(MergeRules, KnowTheFilesOfDistributions) {
    const auto means = [](std::string_view path) -> std::string {
        const auto* rule = MergeRules::defaults().find(path);
        return rule == nullptr ? "" : rule->argument;
    };
    EXPECT_EQ(means("/etc/passwd"), "passwd");
    EXPECT_EQ(means("/etc/subuid"), "subid");
    EXPECT_EQ(means("/etc/ld.so.cache"), "ld.so.cache");
    EXPECT_EQ(means("/etc/fstab"), "lines");
    EXPECT_EQ(means("/etc/apt/sources.list"), "lines");
    EXPECT_EQ(means("/var/lib/dpkg/info/vim.list"), "sorted-lines");
    EXPECT_EQ(means("/var/lib/dpkg/alternatives/vi"), "alternatives");
    EXPECT_EQ(means("/usr/lib/modules/6.1.0-50-amd64/modules.dep.bin"), "modules");
    EXPECT_EQ(means("/lib/modules/6.1.0-50-amd64/modules.dep"), "modules");
    EXPECT_EQ(means("/lib/modules/6.1.0-50-amd64/modules.order"), "");
    EXPECT_EQ(means("/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache"), "gconv");
    EXPECT_EQ(means("/usr/share/icons/hicolor/icon-theme.cache"), "icons");
    EXPECT_EQ(means("/boot/initrd.img-6.1.0-50-amd64"), "initrd");
    EXPECT_EQ(means("/var/lib/rpm/rpmdb.sqlite"), "binary database");
    EXPECT_EQ(means("/usr/bin/vim"), "");
    EXPECT_EQ(MergeRules::defaults().find("/etc/passwd-")->action, MergeRule::Action::ours);
}

} // namespace
} // namespace slipway::tree
