#include "mount/filesystem.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mount/device.h"
#include "mount/testing.h"

namespace slipway::mount {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// An EROFS image served by FUSE and a loop device, mounted by the kernel.
class FilesystemTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto reason = no_mounts_because(); !reason.empty()) {
            GTEST_SKIP() << reason;
        }
        image_ = std::make_unique<FileBlob>(place_.make_image());
        device_ = attach(
            *image_,
            {.transport = Transport::fuse, .runtime_directory = place_.runtime()},
            reporter_
        );
    }

    std::unique_ptr<Filesystem>
    mount_at(const std::filesystem::path& directory, std::optional<Writable> writable = {}) {
        return std::make_unique<Filesystem>(
            device_->path(), directory, FilesystemOptions{writable, place_.runtime()}, reporter_
        );
    }

    void expect_the_tree(const std::filesystem::path& directory) const {
        for (const auto* name : {"hello", "a/b/c", "big"}) {
            EXPECT_EQ(read_text(directory / name), read_text(place_.path() / "tree" / name))
                << name;
        }
    }

    bool is_mounted() const {
        const auto table = read_text("/proc/self/mountinfo");
        return table.find((place_.path() / "mnt").native()) != std::string::npos ||
               table.find((place_.runtime() / "lower").native()) != std::string::npos;
    }

    TestPlace place_;
    NotingReporter reporter_;
    std::unique_ptr<FileBlob> image_;
    std::unique_ptr<Device> device_;
};

TEST_F(FilesystemTest, ShowsTheTreeReadOnly) {
    const auto directory = place_.mount_point();
    {
        const auto mounted = mount_at(directory);
        expect_the_tree(directory);
        EXPECT_THROW(open_file(directory / "hello", O_WRONLY), Error);
    }
    EXPECT_FALSE(is_mounted());
    EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(FilesystemTest, TakesWritesInMemory) {
    const auto directory = place_.mount_point();
    {
        const auto mounted = mount_at(directory, Writable{});
        expect_the_tree(directory);
        write_text(directory / "hello", "changed");
        std::filesystem::remove(directory / "a/b/c");
        EXPECT_EQ(read_text(directory / "hello"), "changed");
    }
    EXPECT_FALSE(is_mounted());
}

TEST_F(FilesystemTest, KeepsWritesInADirectory) {
    const auto directory = place_.mount_point();
    const auto writable = place_.path() / "odd, name: with \\ signs";
    {
        const auto mounted = mount_at(directory, Writable{writable});
        write_text(directory / "new", "kept");
    }
    EXPECT_EQ(read_text(writable / "upper/new"), "kept");
    const auto mounted = mount_at(directory, Writable{writable});
    EXPECT_EQ(read_text(directory / "new"), "kept");
    expect_the_tree(directory);
}

TEST_F(FilesystemTest, VanishesWhileInUseAndSaysSo) {
    const auto directory = place_.mount_point();
    auto mounted = mount_at(directory);
    const auto file = open_file(directory / "hello", O_RDONLY);
    EXPECT_FALSE(unmount(directory));
    mounted.reset();
    EXPECT_FALSE(is_mounted());
    EXPECT_THAT(reporter_.notices(), Contains(HasSubstr("in use")));
}

TEST_F(FilesystemTest, NeedsADirectory) {
    EXPECT_THROW(mount_at(place_.path() / "none"), Error);
}

TEST_F(FilesystemTest, SaysWhenThereIsNoImage) {
    const MemoryBlob noise(patterned(1U << 20U));
    const auto device = attach(
        noise,
        {.transport = Transport::fuse, .runtime_directory = place_.path() / "noise"},
        reporter_
    );
    try {
        const Filesystem mounted(device->path(), place_.mount_point(), {}, reporter_);
        FAIL() << "it mounted";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt);
        EXPECT_THAT(error.what(), HasSubstr("no EROFS image"));
    }
}

TEST(OverlayOptions, EscapeWhatSeparatesThem) {
    EXPECT_THAT(
        overlay_options("/l,1", "/w:2"), HasSubstr("lowerdir=/l\\,1,upperdir=/w\\:2/upper,workdir=")
    );
}

} // namespace
} // namespace slipway::mount
