#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/import_file.h"
#include "formats/memory_store_test.h"
#include "formats/test_tree_test.h"

namespace slipway::formats {
namespace {

using testing::HasSubstr;

/// Whole seconds that fit 32 bits, and no ACLs: what squashfs can keep.
constexpr const char* keep_simple = R"script(
setfacl -R -b . 2>/dev/null
find . -print0 | while IFS= read -rd '' each; do
    seconds=$(stat -c %Y -- "$each"); ((seconds < 0 || seconds > 4294967295)) && seconds=77
    touch -h -d "@$seconds" -- "$each"
done
)script";

class Images : public testing::Test {
protected:
    void SetUp() override {
        SKIP_UNLESS_ROOT();
        source = directory.make("source");
        make_everything(source);
    }

    void keep(const char* script) const { run_script(source, script); }

    Digest scanned(const std::filesystem::path& from, std::vector<std::string> without) {
        StatCache cache;
        return scan(from, {.exclude = std::move(without)}, store, cache, silent_reporter()).tree;
    }

    Digest scanned() { return scanned(source, {}); }

    ScanResult imported(const std::string& name) {
        const auto path = directory / name;
        return import_file(
            {open_file(path, O_RDONLY), path.native(), "/var/tmp", std::nullopt},
            store,
            silent_reporter()
        );
    }

    void run(const std::string& script) const { run_script(directory.path(), script); }

    TestDirectory directory;
    std::filesystem::path source;
    MemoryStore store;
};

TEST_F(Images, SquashfsInEachCompressionIsTheDirectory) {
    keep(keep_simple);
    const auto expected = scanned();
    for (const std::string compression :
         {"gzip",
          "lz4",
          "xz",
          "zstd",
          "lzo -Xalgorithm lzo1x_1",
          "lzo",
          "gzip -noI -noD -noF -noX"}) {
        run(fmt::format(
            "rm -f image; mksquashfs source image -comp {} -no-progress -quiet -processors 1",
            compression
        ));
        EXPECT_EQ(imported("image").tree, expected) << compression;
    }
}

TEST_F(Images, SquashfsOfEachBlockSizeIsTheDirectory) {
    keep(keep_simple);
    const auto expected = scanned();
    for (const std::string options :
         {"-b 4096",
          "-b 1M -always-use-fragments",
          "-no-fragments -b 16384",
          "-no-sparse -no-duplicates"}) {
        run(fmt::format(
            "rm -f image; mksquashfs source image -comp zstd {} -no-progress -quiet -processors 1",
            options
        ));
        EXPECT_EQ(imported("image").tree, expected) << options;
    }
}

TEST_F(Images, ExtOfEachGenerationIsWhatTheKernelShows) {
    // mke2fs makes no link or attribute that fills a block, and no holes in inodes.
    keep("rm long-link only-holes; setfattr -x user.large xattrs");
    run("mkdir mounted");
    for (const std::string options :
         {"-t ext4",
          "-t ext3 -I 256",
          "-t ext2 -I 128 -b 1024",
          "-t ext4 -b 1024 -O inline_data",
          "-t ext4 -O bigalloc,ea_inode,^metadata_csum"}) {
        run(fmt::format(
            "rm -f image; truncate -s 100M image; mkfs.ext4 -q -F {} -d source image\n"
            "mount -o loop,ro image mounted",
            options
        ));
        const auto expected = scanned(directory / "mounted", {"/lost+found"});
        run("umount mounted");
        EXPECT_EQ(imported("image").tree, expected) << options;
    }
}

TEST_F(Images, ExtThatTheKernelWroteIsWhatItShows) {
    run("truncate -s 200M image; mkfs.ext4 -q -F -O ea_inode image; mkdir mounted\n"
        "mount -o loop image mounted; rm source/long-link; cp -a source/. mounted\n"
        "rm -r source; rmdir mounted/lost+found; cp -a mounted source; umount mounted");
    EXPECT_EQ(imported("image").tree, scanned(source, {}));
}

TEST_F(Images, RefusesAnExtImageThatWasNotUnmounted) {
    run("truncate -s 50M image; mkfs.ext4 -q -F image; debugfs -w -R 'feature needs_recovery' "
        "image 2>/dev/null");
    EXPECT_THAT(
        [&] { imported("image"); },
        testing::Throws<Error>(testing::Property(&Error::fault, Fault::refused))
    );
}

TEST_F(Images, ErofsOfEachCompressionIsTheDirectory) {
    keep("rm nnnn*"); // mkfs.erofs 1.5 cannot do with names of 255 bytes
    const auto expected = scanned();
    for (const std::string options :
         {"",
          "-Eforce-inode-extended",
          "-zlz4",
          "-zlz4hc,12 -C65536",
          "-zlz4 -Elegacy-compress",
          "--chunksize=65536"}) {
        run(fmt::format("rm -f image; mkfs.erofs {} image source >/dev/null", options));
        EXPECT_EQ(imported("image").tree, expected) << options;
    }
}

} // namespace
} // namespace slipway::formats
