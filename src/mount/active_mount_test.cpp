#include "mount/active_mount.h"

#include <csignal>
#include <functional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "mount/device.h"
#include "mount/filesystem.h"
#include "mount/testing.h"

namespace slipway::mount {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A process that serves a mount until it is told to end, killed at the latest with this object.
class ServingProcess {
public:
    ServingProcess(const TestPlace& place, const std::filesystem::path& image) {
        std::array<int, 2> ends = {};
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
        FileDescriptor ready(ends[0]);
        FileDescriptor telling(ends[1]);
        const auto directory = place.mount_point();
        process_ = fork();
        if (process_ == 0) {
            serve(place.runtime(), directory, image, telling.get());
        }
        telling = {};
        char byte = 0;
        EXPECT_EQ(::read(ready.get(), &byte, 1), 1) << "it did not mount";
    }

    ServingProcess(const ServingProcess&) = delete;
    ServingProcess& operator=(const ServingProcess&) = delete;

    ~ServingProcess() {
        if (process_ > 0) {
            end(SIGKILL);
        }
    }

    /// Sends `signal` (0: none) and waits; returns the status as waitpid tells it.
    int end(int signal) {
        int status = 0;
        kill(process_, signal);
        waitpid(process_, &status, 0);
        process_ = 0;
        return status;
    }

    pid_t process() const { return process_; }

private:
    [[noreturn]] static void serve(
        const std::filesystem::path& runtime,
        const std::filesystem::path& directory,
        const std::filesystem::path& image_path,
        int telling
    ) {
        sigset_t asked;
        sigemptyset(&asked);
        sigaddset(&asked, SIGTERM);
        sigprocmask(SIG_BLOCK, &asked, nullptr);
        try {
            const FileBlob image(image_path);
            ActiveMount active(runtime, directory, silent_reporter());
            const DeviceOptions options{
                .transport = Transport::fuse, .runtime_directory = active.place()};
            const auto device = attach(image, options, silent_reporter());
            const Filesystem mounted(
                device->path(), directory, {Writable{}, active.place()}, silent_reporter()
            );
            active.publish({"", device->path(), "tmpfs", "test", 0});
            write_all(telling, as_bytes("r"), "a pipe");
            int signal = 0;
            sigwait(&asked, &signal);
        } catch (const std::exception& error) {
            std::fputs(error.what(), stderr);
            _exit(1);
        }
        _exit(0);
    }

    pid_t process_ = 0;
};

class ActiveMountTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto reason = no_mounts_because(); !reason.empty()) {
            GTEST_SKIP() << reason;
        }
        image_ = place_.make_image();
        directory_ = place_.mount_point();
    }

    void TearDown() override {
        clean_up_mounts(place_.runtime(), silent_reporter());
        EXPECT_EQ(
            read_text("/proc/self/mountinfo").find(place_.path().native()), std::string::npos
        );
    }

    TestPlace place_;
    NotingReporter reporter_;
    std::filesystem::path image_;
    std::filesystem::path directory_;
};

TEST_F(ActiveMountTest, IsFoundAndEndedByAnotherProcess) {
    ServingProcess server(place_, image_);
    EXPECT_EQ(read_text(directory_ / "hello"), "hello, image\n");
    const auto active = active_mounts(place_.runtime());
    ASSERT_THAT(active, SizeIs(1));
    EXPECT_EQ(active[0].directory, directory_);
    EXPECT_EQ(active[0].process, server.process());
    EXPECT_EQ(active[0].source, "test");

    end_mount(place_.runtime(), directory_ / "", WhenBusy::refuse, reporter_);
    EXPECT_EQ(server.end(0), 0) << "it was not asked, but killed";
    EXPECT_TRUE(std::filesystem::is_empty(directory_));
    EXPECT_TRUE(std::filesystem::is_empty(place_.runtime() / "mounts"));
}

TEST_F(ActiveMountTest, IsNotEndedWhileInUse) {
    ServingProcess server(place_, image_);
    {
        const auto file = open_file(directory_ / "hello", O_RDONLY);
        EXPECT_THROW(end_mount(place_.runtime(), directory_, WhenBusy::refuse, reporter_), Error);
        EXPECT_EQ(read_text(directory_ / "a/b/c"), "deep\n");
    }
    end_mount(place_.runtime(), directory_, WhenBusy::refuse, reporter_);
}

TEST_F(ActiveMountTest, IsEndedInUseIfThatIsWanted) {
    ServingProcess server(place_, image_);
    const auto file = open_file(directory_ / "hello", O_RDONLY);
    end_mount(place_.runtime(), directory_, WhenBusy::detach, reporter_);
    EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(ActiveMountTest, IsCleanedUpAfterItsProcessWasKilled) {
    ServingProcess server(place_, image_);
    server.end(SIGKILL);
    EXPECT_THAT(active_mounts(place_.runtime()), IsEmpty());
    end_mount(place_.runtime(), directory_, WhenBusy::refuse, reporter_);
    EXPECT_THAT(reporter_.notices(), Contains(HasSubstr("died")));
    EXPECT_TRUE(std::filesystem::is_empty(place_.runtime() / "mounts"));
}

TEST_F(ActiveMountTest, GivesWayToANewOneAfterItsProcessWasKilled) {
    ServingProcess first(place_, image_);
    first.end(SIGKILL);
    ServingProcess second(place_, image_);
    EXPECT_EQ(read_text(directory_ / "hello"), "hello, image\n");
    end_mount(place_.runtime(), directory_, WhenBusy::refuse, reporter_);
}

TEST_F(ActiveMountTest, RefusesASecondAtTheSameDirectory) {
    const ActiveMount first(place_.runtime(), directory_, reporter_);
    EXPECT_THROW(ActiveMount(place_.runtime(), directory_, reporter_), Error);
    EXPECT_NO_THROW(ActiveMount(place_.runtime(), place_.path(), reporter_));
}

TEST_F(ActiveMountTest, IsNotFoundWhereNothingIsMounted) {
    try {
        end_mount(place_.runtime(), directory_, WhenBusy::refuse, reporter_);
        FAIL() << "it ended something";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
    }
}

} // namespace
} // namespace slipway::mount
