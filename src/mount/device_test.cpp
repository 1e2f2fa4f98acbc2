#include "mount/device.h"

#include <cerrno>
#include <future>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mount/nbd_control.h"
#include "mount/testing.h"

namespace slipway::mount {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// Real FUSE, a real loop device.
class DeviceTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto reason = no_mounts_because(); !reason.empty()) {
            GTEST_SKIP() << reason;
        }
    }

    std::unique_ptr<Device> attach_fuse(const Blob& image) {
        return attach(
            image,
            {.transport = Transport::fuse, .threads = 4, .runtime_directory = place_.runtime()},
            reporter_
        );
    }

    TestPlace place_;
    NotingReporter reporter_;
    Buffer bytes_ = patterned(5U << 20U);
    MemoryBlob image_{bytes_};
};

/// 4 KiB at `offset`, past every cache.
Buffer read_device(const Device& device, std::uint64_t offset) {
    const auto file = open_file(device.path(), O_RDONLY);
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    Buffer bytes(4096);
    bytes.resize(pread_some(file.get(), offset, bytes, device.path().native()));
    return bytes;
}

TEST_F(DeviceTest, ShowsTheImagesBytes) {
    const auto device = attach_fuse(image_);
    EXPECT_EQ(read_file(device->path()), bytes_);
}

TEST_F(DeviceTest, RoundsTheSizeUpToWholeSectors) {
    const MemoryBlob odd(patterned(10'001));
    const auto device = attach_fuse(odd);
    const auto shown = read_file(device->path());
    ASSERT_EQ(shown.size(), 10'240);
    EXPECT_EQ(to_buffer(ConstBytes(shown).first(10'001)), patterned(10'001));
    EXPECT_TRUE(all_zero(ConstBytes(shown).subspan(10'001)));
}

TEST_F(DeviceTest, WaitsWhileTheImageWaits) {
    MoodyBlob moody(image_);
    const auto device = attach_fuse(moody);
    moody.shut();
    auto waiting = std::async(std::launch::async, [&] { return read_device(*device, 1U << 20U); });
    moody.wait_for_readers(1);
    moody.open();
    EXPECT_EQ(waiting.get(), to_buffer(ConstBytes(bytes_).subspan(1U << 20U, 4096)));
    EXPECT_THAT(reporter_.notices(), testing::IsEmpty());
}

TEST_F(DeviceTest, HasManyReadsUnderWayAtOnce) {
    MoodyBlob moody(image_);
    const auto device = attach_fuse(moody);
    moody.shut();
    std::vector<std::future<Buffer>> waiting;
    for (unsigned i = 0; i < 3; ++i) {
        waiting.push_back(std::async(std::launch::async, [&, i] {
            return read_device(*device, i << 20U);
        }));
    }
    moody.wait_for_readers(3);
    moody.open();
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_EQ(waiting[i].get(), to_buffer(ConstBytes(bytes_).subspan(i << 20U, 4096)));
    }
}

TEST_F(DeviceTest, FailsAReadThatTheImageFailsAndRecovers) {
    MoodyBlob moody(image_);
    const auto device = attach_fuse(moody);
    moody.fail(true);
    EXPECT_THROW(read_device(*device, 0), Error);
    EXPECT_THAT(reporter_.notices(), Contains(HasSubstr("bad mood")));
    moody.fail(false);
    EXPECT_EQ(read_device(*device, 0), to_buffer(ConstBytes(bytes_).first(4096)));
}

TEST_F(DeviceTest, CannotBeWritten) {
    const auto device = attach_fuse(image_);
    EXPECT_THROW(
        write_all(open_file(device->path(), O_WRONLY).get(), Buffer(4096), "the device"), Error
    );
    EXPECT_EQ(read_device(*device, 0), to_buffer(ConstBytes(bytes_).first(4096)));
}

TEST_F(DeviceTest, LeavesNothingBehind) {
    std::filesystem::path loop;
    {
        const auto device = attach_fuse(image_);
        loop = device->path();
    }
    EXPECT_EQ(read_text("/proc/self/mountinfo").find(place_.path().native()), std::string::npos);
    const auto backing =
        std::filesystem::path("/sys/block") / loop.filename() / "loop/backing_file";
    if (std::filesystem::exists(backing)) { // another program may have taken it
        EXPECT_THAT(read_text(backing), testing::Not(HasSubstr(place_.path().native())));
    }
}

TEST_F(DeviceTest, EndsUnderAReader) {
    auto device = attach_fuse(image_);
    const auto file = open_file(device->path(), O_RDONLY);
    device.reset();
    EXPECT_EQ(read_text("/proc/self/mountinfo").find(place_.path().native()), std::string::npos);
}

TEST_F(DeviceTest, SaysWhenTheKernelHasNoNbd) {
    if (NbdControl::open()) {
        GTEST_SKIP() << "this kernel has NBD";
    }
    try {
        attach(
            image_, {.transport = Transport::nbd, .runtime_directory = place_.runtime()}, reporter_
        );
        FAIL() << "it attached";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
        EXPECT_THAT(error.report(), HasSubstr("modprobe nbd"));
    }
}

TEST_F(DeviceTest, HasNothingToReattachInAnEmptyDirectory) {
    EXPECT_EQ(reattach(image_, {.runtime_directory = place_.runtime()}, reporter_), nullptr);
    EXPECT_NO_THROW(abandon(place_.runtime()));
}

TEST_F(DeviceTest, NeedsRoot) {
    ASSERT_EQ(seteuid(65534), 0);
    EXPECT_THROW(attach(image_, {.runtime_directory = place_.runtime()}, reporter_), Error);
    ASSERT_EQ(seteuid(0), 0);
}

} // namespace
} // namespace slipway::mount
