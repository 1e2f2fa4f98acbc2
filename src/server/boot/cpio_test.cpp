#include "server/boot/cpio.h"

#include <cstdio>
#include <memory>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace slipway::server::boot {
namespace {

/// What the command prints on its standard output.
std::string output_of(const std::string& command) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string output;
    char block[4096];
    while (const auto count = std::fread(block, 1, sizeof block, pipe.get())) {
        output.append(block, count);
    }
    return output;
}

Cpio small_archive() {
    Cpio archive;
    archive.add_file("etc/motd", 0644, to_buffer(as_bytes("hello")));
    archive.add_file("bin/a", 0755, {});
    archive.add_link("bin/b", "../etc/motd");
    archive.add_character_device("dev/null", 0666, 1, 3);
    return archive;
}

TEST(Cpio, IsReadByCpio) {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "archive";
    replace_file(path, small_archive().write());
    EXPECT_EQ(
        output_of("TZ=UTC cpio -tv --numeric-uid-gid --quiet <" + path.string()),
        "drwxr-xr-x   2 0        0               0 Jan  1  1970 bin\n"
        "-rwxr-xr-x   1 0        0               0 Jan  1  1970 bin/a\n"
        "lrwxrwxrwx   1 0        0              11 Jan  1  1970 bin/b -> ../etc/motd\n"
        "drwxr-xr-x   2 0        0               0 Jan  1  1970 dev\n"
        "crw-rw-rw-   1 0        0          1,   3 Jan  1  1970 dev/null\n"
        "drwxr-xr-x   2 0        0               0 Jan  1  1970 etc\n"
        "-rw-r--r--   1 0        0               5 Jan  1  1970 etc/motd\n"
    );
    EXPECT_EQ(output_of("cpio -i --to-stdout --quiet etc/motd <" + path.string()), "hello");
}

TEST(Cpio, IsTheSameInWhateverOrderItIsFilled) {
    Cpio other;
    other.add_character_device("dev/null", 0666, 1, 3);
    other.add_directory("etc");
    other.add_link("bin/b", "../etc/motd");
    other.add_file("bin/a", 0755, {});
    other.add_file("etc/motd", 0644, to_buffer(as_bytes("hello")));
    EXPECT_EQ(other.write(), small_archive().write());
}

TEST(Cpio, RefusesPathsTwiceOrWithARoot) {
    auto archive = small_archive();
    EXPECT_THROW(archive.add_file("bin/a", 0644, {}), Error);
    EXPECT_THROW(archive.add_file("/bin/c", 0644, {}), Error);
    EXPECT_THROW(archive.add_file("", 0644, {}), Error);
    EXPECT_THROW(archive.add_file("bin/a/below", 0644, {}), Error);
}

} // namespace
} // namespace slipway::server::boot
