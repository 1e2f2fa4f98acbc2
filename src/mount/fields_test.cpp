#include "mount/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mount/active_mount.h"
#include "mount/mount_table.h"

namespace slipway::mount {
namespace {

using testing::ElementsAre;

TEST(Fields, ComeBackWhateverBytesTheyHold) {
    const Fields fields = {{"path", "/a b/\\c\n\xff:é"}, {"empty", ""}};
    EXPECT_EQ(parse_fields("kind 1", as_bytes(write_fields("kind 1", fields))), fields);
}

TEST(Fields, AreRefusedOfAnotherKindOrCutShort) {
    const auto text = write_fields("kind 1", {{"path", "/a"}});
    EXPECT_THROW(parse_fields("kind 2", as_bytes(text)), Error);
    EXPECT_THROW(parse_fields("kind 1", as_bytes(text).first(text.size() - 1)), Error);
    EXPECT_THROW(parse_fields("kind 1", as_bytes("kind 1\nname\n")), Error);
    EXPECT_THROW(parse_fields("kind 1", as_bytes("kind 1\nname \\x1\n")), Error);
    EXPECT_THROW(parse_fields("kind 1", {}), Error);
}

TEST(Fields, HoldNumbersThatAreNumbers) {
    const Fields fields = {{"good", "42"}, {"bad", "4x"}, {"none", ""}};
    EXPECT_EQ(number_in(fields, "good"), 42);
    EXPECT_THROW(number_in(fields, "bad"), Error);
    EXPECT_THROW(number_in(fields, "none"), Error);
    EXPECT_THROW(number_in(fields, "absent"), Error);
}

TEST(MountRecord, ComesBack) {
    const MountRecord record{"/mnt/a\nb", "/dev/loop0", "tmpfs", "debian", 77};
    EXPECT_EQ(parse_record(as_bytes(write_record(record))), record);
}

TEST(MountTable, TellsDirectoryTypeAndSource) {
    const auto* text = "36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw\n"
                       "37 35 0:5 / /proc rw - proc proc rw\n";
    EXPECT_THAT(
        parse_mount_table(as_bytes(text)),
        ElementsAre(
            MountEntry{"/mnt/a b", "ext3", "/dev/root"}, MountEntry{"/proc", "proc", "proc"}
        )
    );
}

TEST(MountTable, TellsWhatIsOnTop) {
    const std::vector<MountEntry> table = {{"/mnt", "tmpfs", "below"}, {"/mnt", "erofs", "above"}};
    EXPECT_TRUE(is_on_top(table, "/mnt", "above"));
    EXPECT_FALSE(is_on_top(table, "/mnt", "below"));
    EXPECT_FALSE(is_on_top(table, "/", "above"));
}

TEST(MountTable, RefusesALineCutShort) {
    EXPECT_THROW(parse_mount_table(as_bytes("36 35 98:0 / /mnt rw - ext3\n")), Error);
    EXPECT_THROW(parse_mount_table(as_bytes("- a b c d e f\n")), Error);
}

} // namespace
} // namespace slipway::mount
