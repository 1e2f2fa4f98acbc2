#include "store/repack/groups.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::store {
namespace {

constexpr std::uint64_t small = 10'000;
constexpr std::uint64_t large = 4'000'000;
constexpr std::uint64_t huge = 30'000'000;

TEST(Groups, PutTogetherWhatABootMayRead) {
    EXPECT_EQ(group_of("/etc/passwd", small), Group::hot);
    EXPECT_EQ(group_of("/usr/bin/bash", small), Group::hot);
    EXPECT_EQ(group_of("/usr/lib/systemd/system/dbus.service", small), Group::hot);
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/libc.so.6", small), Group::hot);
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", large), Group::hot);
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/security/pam_unix.so", small), Group::hot);
    EXPECT_EQ(group_of("/lib/modules/6.1.0/modules.dep.bin", small), Group::hot);
    EXPECT_EQ(group_of("/usr/lib/udev/hwdb.bin", huge), Group::hot);
    EXPECT_EQ(group_of("/opt/of/somebody", small), Group::hot);
    // Seen to be read: by each program that sets a locale, and by what backs up dpkg's records.
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache", small), Group::hot);
    EXPECT_EQ(group_of("/var/lib/dpkg/status", small), Group::hot);
    EXPECT_EQ(group_of("/var/lib/dpkg/alternatives/editor", small), Group::hot);
}

TEST(Groups, KeepModulesApart) {
    EXPECT_EQ(group_of("/usr/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko", small), Group::modules);
    EXPECT_EQ(group_of("/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko", huge), Group::modules);
    EXPECT_EQ(group_of("/srv/ext4.ko", small), Group::hot);
}

TEST(Groups, KeepWhatIsCompressedApart) {
    EXPECT_EQ(group_of("/boot/initrd.img-6.1.0", huge), Group::compressed);
    EXPECT_EQ(group_of("/usr/share/doc/vim/changelog.gz", small), Group::compressed);
    EXPECT_EQ(group_of("/usr/lib/modules/6.1.0/kernel/fs/ext4.ko.xz", small), Group::compressed);
    EXPECT_EQ(group_of("/boot/config-6.1.0", small), Group::hot);
}

TEST(Groups, LeaveInTheColdWhatPeopleReadAndBuildWith) {
    EXPECT_EQ(group_of("/usr/bin/vim", large), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/libicudata.so", huge), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/gcc/x86_64-linux-gnu/12/crtbegin.o", small), Group::cold);
    EXPECT_EQ(group_of("/usr/bin/x86_64-linux-gnu-as", small), Group::cold);
    EXPECT_EQ(group_of("/usr/share/locale/de/LC_MESSAGES/bash.mo", small), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/python3.11/os.py", small), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/gconv/BIG5.so", small), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/x86_64-linux-gnu/libc.a", large), Group::cold);
    EXPECT_EQ(group_of("/usr/lib/udev/hwdb.d/20-OUI.hwdb", small), Group::cold);
    EXPECT_EQ(group_of("/var/lib/dpkg/info/vim.list", small), Group::cold);
}

TEST(HotList, RanksPathsAndObjectsByTheirLines) {
    const auto object = sha256(as_bytes("an object"));
    const auto other = sha256(as_bytes("another"));
    const auto text = "# of a boot\n/usr/bin/bash\n\n" + object.hex() + "\n/usr/bin/bash\n";
    const auto list = HotList::parse(as_bytes(text));
    EXPECT_EQ(list.rank("/usr/bin/bash", other), 2U);
    EXPECT_EQ(list.rank("/elsewhere", object), 4U);
    EXPECT_EQ(list.rank("/elsewhere", other), std::nullopt);
}

TEST(HotList, RefusesWhatIsNeitherAPathNorAnObject) {
    EXPECT_THROW(HotList::parse(as_bytes("/bin/sh\nusr/bin/bash\n")), Error);
}

} // namespace
} // namespace slipway::store
