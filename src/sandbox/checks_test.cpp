#include "sandbox/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/testing.h"
#include "sandbox/verify.h"

namespace slipway::sandbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A status file with these packages installed.
std::string status(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += "Package: " + name +
                "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n";
    }
    return text;
}

class ChecksOfATree : public testing::Test {
protected:
    Digest put(const Texts& files) { return put_tree(objects_, files); }

    std::vector<std::string>
    checks(const Texts& files, const std::vector<std::string>& packages = {}) {
        tree::TreeReader reader(objects_, put(files));
        std::vector<std::string> commands;
        for (const auto& check : checks_for(reader, packages)) {
            commands.push_back(check.command());
        }
        return commands;
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
};

TEST_F(ChecksOfATree, AreThoseThatItHasProgramsAndDatabasesFor) {
    EXPECT_THAT(checks({{"/usr/bin/dpkg", ""}}), IsEmpty());
    EXPECT_THAT(
        checks(
            {{"/usr/bin/dpkg", ""}, {"/usr/bin/apt-get", ""}, {"/var/lib/dpkg/status", ""}},
            {"a", "b"}
        ),
        ElementsAre("dpkg --audit", "apt-get -qq check", "dpkg -V (2 packages)")
    );
    EXPECT_THAT(
        checks({{"/usr/sbin/ldconfig", ""}, {"/sbin", "-> usr/sbin"}, {"/etc/ld.so.cache", ""}}),
        ElementsAre("ldconfig -p")
    );
    EXPECT_THAT(
        checks(
            {{"/usr/bin/rpm", ""},
             {"/usr/lib/sysimage/rpm/rpmdb.sqlite", ""},
             {"/var/lib/rpm", "-> /usr/lib/sysimage/rpm"}}
        ),
        ElementsAre("rpm -Va")
    );
    EXPECT_THAT(
        checks({{"/usr/bin/pacman", ""}, {"/var/lib/pacman/local/x", ""}}),
        ElementsAre("pacman -Dk")
    );
    EXPECT_THAT(
        checks({{"/sbin/apk", ""}, {"/lib/apk/db/installed", ""}}),
        ElementsAre("apk audit --system")
    );
}

TEST_F(ChecksOfATree, FindingsAreLinesOrOnlyThoseOfAFailure) {
    tree::TreeReader reader(objects_, put({{"/lib/a.so", ""}}));
    const Outcome well{0, false, "one\n\ntwo\n"};
    const Outcome badly{1, false, "one\n"};
    EXPECT_THAT(findings_of({{"x"}, Findings::lines}, well, reader), ElementsAre("one", "two"));
    EXPECT_THAT(findings_of({{"x"}, Findings::failure}, well, reader), IsEmpty());
    EXPECT_THAT(findings_of({{"x"}, Findings::failure}, badly, reader), ElementsAre("one"));
    EXPECT_THAT(
        findings_of({{"x"}, Findings::failure}, {2, false, ""}, reader),
        ElementsAre("exit status 2")
    );
    EXPECT_THAT(findings_of({{"x"}, Findings::lines}, {137, true, ""}, reader), SizeIs(1));
    const Outcome libraries{0, false, "2 libs found\n\ta.so => /lib/a.so\n\tb.so => /lib/b.so\n"};
    EXPECT_THAT(
        findings_of({{"x"}, Findings::dangling}, libraries, reader),
        ElementsAre("\tb.so => /lib/b.so")
    );
}

TEST_F(ChecksOfATree, OnlyPackagesWhoseFilesOrRecordsDifferAreTouched) {
    Texts files{
        {"/var/lib/dpkg/status", status({"kept", "files", "gone", "merged", "record"})},
        {"/var/lib/dpkg/info/kept.list", "/.\n/usr\n/usr/kept\n"},
        {"/var/lib/dpkg/info/files:amd64.list", "/.\n/usr\n/usr/files\n"},
        {"/var/lib/dpkg/info/gone.list", "/usr/gone\n"},
        {"/var/lib/dpkg/info/merged.list", "/bin/merged\n"},
        {"/var/lib/dpkg/info/record.list", "/usr/record\n"},
        {"/var/lib/dpkg/info/record.md5sums", "old"},
        {"/var/lib/dpkg/info/removed.list", "/usr/removed\n"},
        {"/usr/kept", "1"},
        {"/usr/files", "1"},
        {"/usr/gone", "1"},
        {"/usr/bin/merged", "1"},
        {"/usr/removed", "1"}};
    const auto before = put(files);
    files["/usr/files"] = files["/usr/bin/merged"] = std::string("2");
    files["/var/lib/dpkg/info/record.md5sums"] = std::string("new");
    files.erase("/usr/gone");
    files.erase("/usr/removed");
    EXPECT_THAT(
        touched_packages(objects_, before, put(files)),
        ElementsAre("files:amd64", "gone", "merged", "record")
    );
    EXPECT_THAT(touched_packages(objects_, before, before), IsEmpty());
}

TEST_F(ChecksOfATree, OnlyNewFindingsCount) {
    SKIP_WITHOUT_SANDBOX();
    Texts files = with_busybox(
        {{"/usr/bin/dpkg", "#!/bin/sh\n[ $1 = -V ] || exit 0\nls /broken\nexit 2\n"},
         {"/var/lib/dpkg/status", status({"a"})},
         {"/var/lib/dpkg/info/a.list", "/broken/old\n/broken/new\n"},
         {"/broken/old", ""}}
    );
    const auto before = put(files);
    files.emplace("/broken/new", "");
    const auto results = verify(objects_, before, put(files), silent_reporter());
    ASSERT_THAT(results, SizeIs(2));
    EXPECT_EQ(results[0].command, "dpkg --audit");
    EXPECT_THAT(results[0].fresh, IsEmpty());
    EXPECT_EQ(results[1].command, "dpkg -V (1 package)");
    EXPECT_THAT(results[1].fresh, ElementsAre("new"));
    EXPECT_THAT(results[1].before, ElementsAre("old"));
}

} // namespace
} // namespace slipway::sandbox
