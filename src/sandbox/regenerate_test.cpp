#include "sandbox/regenerate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/testing.h"
#include "tree/diff.h"
#include "tree/walk.h"

namespace slipway::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Real trees whose programs run.
class RegeneratingCaches : public testing::Test {
protected:
    void SetUp() override { SKIP_WITHOUT_SANDBOX(); }

    Regenerated run(Texts files, const std::vector<tree::Regeneration>& due) {
        before_ = put_tree(objects_, with_busybox(std::move(files)));
        tree::TreeReader reader(objects_, before_);
        const auto plan = plan_regeneration(reader, due);
        EXPECT_THAT(plan.left, IsEmpty());
        return regenerate(objects_, before_, plan.runs, silent_reporter());
    }

    std::vector<std::string> changed(const Digest& after) {
        std::vector<std::string> paths;
        tree::diff(objects_, {before_, after}, [&](const tree::Change& change) {
            paths.push_back(change.path);
        });
        return paths;
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
    Digest before_;
};

const std::vector<tree::Regeneration> linker{{"ld.so.cache", "/etc/ld.so.cache"}};

TEST_F(RegeneratingCaches, TheLinkersOwnProgramMakesItsCache) {
    const auto library = host_file("/lib/x86_64-linux-gnu/libz.so.1");
    const auto result =
        run({{"/sbin/ldconfig", host_file("/sbin/ldconfig")},
             {"/lib/libz.so.1", library},
             {"/var/cache/ldconfig/", ""},
             {"/etc/ld.so.cache", "stale"}},
            linker);
    EXPECT_THAT(result.failed, IsEmpty());
    EXPECT_THAT(result.made, ElementsAre("/etc/ld.so.cache"));
    EXPECT_THAT(text_of(objects_, result.tree, "/etc/ld.so.cache"), HasSubstr("/lib/libz.so.1"));
    EXPECT_THAT(changed(result.tree), ElementsAre("/etc/ld.so.cache"));
    EXPECT_THAT(result.dropped, ElementsAre("/var/cache/ldconfig/aux-cache"));
}

TEST_F(RegeneratingCaches, TheSameTreeGivesTheSameTree) {
    const Texts files{
        {"/sbin/ldconfig", host_file("/sbin/ldconfig")}, {"/etc/ld.so.cache", "stale"}};
    const auto once = run(files, linker);
    EXPECT_EQ(run(files, linker).tree, once.tree);
    const auto again = regenerate(
        objects_,
        once.tree,
        {{"ld.so.cache", {"/sbin/ldconfig"}, {"/etc/ld.so.cache"}, {"/etc/ld.so.cache"}}},
        silent_reporter()
    );
    EXPECT_EQ(again.tree, once.tree);
    EXPECT_THAT(again.made, IsEmpty());
}

TEST_F(RegeneratingCaches, OnlyWhatAProgramOwnsIsTaken) {
    const auto result =
        run({{"/usr/bin/fc-cache",
              "#!/bin/sh\nrm -r /var/cache/fontconfig; mkdir /var/cache/fontconfig\n"
              "echo new > /var/cache/fontconfig/two; echo x > /etc/other; rm /srv/kept\n"
              "mkdir -p /opt/junk\n"},
             {"/var/cache/fontconfig/one", "old"},
             {"/srv/kept", "kept"}},
            {{"fonts", "/var/cache/fontconfig/one"}});
    EXPECT_THAT(result.made, ElementsAre("/var/cache/fontconfig/one", "/var/cache/fontconfig/two"));
    EXPECT_THAT(result.dropped, ElementsAre("/etc/other", "/opt", "/opt/junk", "/srv/kept"));
    EXPECT_EQ(text_of(objects_, result.tree, "/var/cache/fontconfig/two"), "new\n");
    EXPECT_EQ(text_of(objects_, result.tree, "/srv/kept"), "kept");
    const auto made = tree::find(objects_, result.tree, "/var/cache/fontconfig/two").entry;
    EXPECT_EQ(made->attributes.mtime, (tree::Time{1000, 0}));
}

TEST_F(RegeneratingCaches, AProgramThatFailsLeavesWhatWasThere) {
    const auto result =
        run({{"/sbin/ldconfig", "#!/bin/sh\necho half > /etc/ld.so.cache; echo no luck; exit 4\n"},
             {"/etc/ld.so.cache", "old"}},
            linker);
    EXPECT_EQ(result.tree, before_);
    ASSERT_THAT(result.failed, SizeIs(1));
    EXPECT_EQ(result.failed[0].outcome.status, 4);
    EXPECT_EQ(result.failed[0].outcome.output, "no luck\n");
}

TEST_F(RegeneratingCaches, AFileThatIsAllButEmptySpaceIsNotReadIntoMemory) {
    const Texts files{
        {"/sbin/ldconfig", "#!/bin/sh\n/bin/busybox truncate -s 3G /srv\n"},
        {"/etc/ld.so.cache", "old"}};
    try {
        run(files, linker);
        FAIL() << "it was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::refused);
        EXPECT_THAT(error.what(), HasSubstr("more was written"));
    }
}

TEST_F(RegeneratingCaches, ProgramsSeeWhatOthersMade) {
    const auto result = run(
        {{"/sbin/depmod", "#!/bin/sh\necho $2 $SOURCE_DATE_EPOCH > /lib/modules/6.1/modules.dep\n"},
         {"/usr/sbin/mkinitramfs", "#!/bin/sh\ncat /lib/modules/6.1/modules.dep > $2\n"},
         {"/lib/modules/6.1/modules.dep", "old"},
         {"/boot/initrd.img-6.1", "old"}},
        {{"initrd", "/boot/initrd.img-6.1"}, {"modules", "/lib/modules/6.1/modules.dep"}}
    );
    EXPECT_EQ(text_of(objects_, result.tree, "/boot/initrd.img-6.1"), "6.1 1000\n");
}

TEST_F(RegeneratingCaches, LargeFilesComeBackWhole) {
    const auto result =
        run({{"/usr/sbin/mkinitramfs", "#!/bin/sh\ncat /bin/busybox /bin/busybox > $2\n"},
             {"/boot/initrd.img-6.1", "old"}},
            {{"initrd", "/boot/initrd.img-6.1"}});
    const auto busybox = host_file("/bin/busybox");
    EXPECT_TRUE(text_of(objects_, result.tree, "/boot/initrd.img-6.1") == busybox + busybox);
}

} // namespace
} // namespace slipway::sandbox
