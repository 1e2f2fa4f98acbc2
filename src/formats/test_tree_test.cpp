#include "formats/test_tree_test.h"

#include <array>
#include <cstdio>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/remove_tree.h"

namespace slipway::formats {

namespace {

constexpr const char* everything = R"script(
umask 022
printf hello > plain
: > empty-file
head -c 300000 /dev/urandom > long
head -c 5000000 /dev/urandom > longer.so
truncate -s 3M sparse; printf data | dd of=sparse bs=1 seek=1048579 conv=notrunc status=none
truncate -s 64M only-holes
head -c 20000 /dev/zero > zeros
mkdir -p dir/sub dir-a/sub empty 'dir with space'
ln plain dir/sub/other-name; ln plain zlink; ln plain dir-a/first; ln long dir/long
ln -s some/target link; ln -P link dir/linked-link; ln -s / root-link
ln -s "$(printf '%4095s' x)" long-link
mkfifo fifo; ln fifo dir/fifo
mknod char c 1 3; mknod block b 259 70000; chmod 640 block char
for name in setuid none capable acl xattrs owned; do printf x > $name; done
chown 12345:54321 owned; chown -h 7:8 link; chown 4000000000:3 dir; chown 99:98 setuid
chmod 6755 setuid; chmod 0 none; chmod 1777 'dir with space'; chmod 2750 dir-a
setcap cap_net_raw+ep capable
setfacl -m u:1000:rwx,u:3:r,g:1001:r,m::rx acl
setfacl -d -m u:1000:rx,g:5:rwx empty; setfacl -m u:1000:w empty
setfattr -n user.comment -v 'two words' xattrs; setfattr -n user.empty xattrs
setfattr -n 'user.a=b%3D' -v 1 xattrs; setfattr -n user.binary -v 0x000a0d00ff xattrs
setfattr -n user.large -v "$(printf '%2000s' y)" xattrs
setfattr -n trusted.slipway -v t xattrs; setfattr -n security.selinux -v 0x61623a6300 xattrs
setfattr -h -n trusted.link -v t link; setfattr -n user.dir -v d dir
printf x > "$(printf 'n%.0s' {1..255})"; printf x > "$(printf '\xff\xfe\x80')"
printf x > "$(printf 'e\xcc\x81')"; printf x > "$(printf '\xc3\xa9')"
printf x > $'new\nline'; printf x > 'back\slash'
strange=$(printf 'd\xff%.0s' {1..120}); mkdir "$strange"
printf x > "$strange/$(printf 'f%.0s' {1..200})"
touch -h -d '2001-02-03 04:05:06.123456789' link xattrs
touch -d '1950-01-01 00:00:00.5 UTC' plain
touch -d '2300-01-01 00:00:00.000000001 UTC' long
touch -h -d '2002-01-01 00:00:00.7' root-link char
touch -d '1999-09-09 09:09:09.999999999' empty dir/sub
touch -d '2003-03-03 03:03:03.33' dir .
)script";

constexpr const char* description = R"script(
export LC_ALL=C
find . -type d -printf '%P d %m %U %G %T@\n' -o -printf '%P %y %m %U %G %s %T@ %l %n\n' | sort
find . \( -type b -o -type c \) -print0 | sort -z | xargs -0r stat -c '%n %t:%T'
find . ! -type d -links +1 -printf '%i\t%P\n' | sort |
    awk -F'\t' '{g[$1] = g[$1] " " $2} END {for (i in g) print "links" g[i]}' | sort
find . -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex --
find . -print0 | sort -z | xargs -0r getcap --
find . ! -type l -print0 | sort -z | xargs -0r getfacl -n -p --
find . -type f -print0 | sort -z | xargs -0r sha256sum --
)script";

} // namespace

std::string run_script(const std::filesystem::path& directory, const std::string& script) {
    const auto output = std::filesystem::path(directory.native() + ".output");
    const auto child = fork();
    if (child == 0) {
        const auto file = open_file(output, O_WRONLY | O_CREAT | O_TRUNC);
        dup2(file.get(), STDOUT_FILENO);
        if (chdir(directory.c_str()) == 0) {
            execlp("bash", "bash", "-euc", script.c_str(), nullptr);
        }
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << script;
    const auto printed = read_file(output);
    std::filesystem::remove(output);
    return std::string(as_text(printed));
}

void make_everything(const std::filesystem::path& directory) {
    ASSERT_EQ(mknod((directory / "socket").c_str(), S_IFSOCK | 0660, 0), 0);
    run_script(directory, everything);
}

std::string describe(const std::filesystem::path& directory) {
    return run_script(directory, description);
}

void make_nested(const std::filesystem::path& directory, const std::string& name, int levels) {
    auto at = open_file(directory, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < levels; ++i) {
        ASSERT_EQ(mkdirat(at.get(), name.c_str(), 0755), 0);
        at = FileDescriptor(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ASSERT_TRUE(at.is_open());
    }
    const FileDescriptor file(openat(at.get(), "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    write_all(file.get(), as_bytes("deep"), "bottom");
}

TestDirectory::~TestDirectory() {
    for (const auto& entry : std::filesystem::directory_iterator(held_.path())) {
        remove_tree(AT_FDCWD, entry.path().native());
    }
}

std::filesystem::path TestDirectory::make(const std::string& name) const {
    std::filesystem::create_directory(*this / name);
    return *this / name;
}

} // namespace slipway::formats
