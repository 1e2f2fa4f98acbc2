#include "sandbox/contained_root.h"

#include <csignal>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/interrupt.h"
#include "sandbox/private_mounts.h"
#include "sandbox/testing.h"

namespace slipway::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A shell in a tree of its own.
class RootOfATree : public testing::Test {
protected:
    void SetUp() override { SKIP_WITHOUT_SANDBOX(); }

    std::string output_of(const std::string& script, const Limits& limits = {}) {
        return output_in({{"/etc/own", "mine\n"}}, script, limits);
    }

    std::string output_in(Texts files, const std::string& script, const Limits& limits = {}) {
        std::string output;
        const auto tree = put_tree(objects_, with_busybox(std::move(files)));
        with_private_mounts([&](const std::filesystem::path& place) {
            const ContainedRoot root(objects_, tree, place, silent_reporter());
            output = root.run({"/bin/sh", "-c", script + " 2>&1"}, limits).output;
        });
        return output;
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
};

TEST_F(RootOfATree, ShowsTheTreeAndNothingElse) {
    EXPECT_EQ(output_of("cat /etc/own"), "mine\n");
    EXPECT_EQ(output_of("ls /"), "bin\ndev\netc\nproc\nrun\ntmp\n");
    EXPECT_EQ(output_of("ls /run /tmp | wc -w"), "2\n"); // the two headings
}

TEST_F(RootOfATree, HasNoNetworkAndNoProcessesAroundIt) {
    EXPECT_EQ(output_of("grep -c -v -e Inter -e face -e lo: /proc/net/dev"), "0\n");
    EXPECT_EQ(output_of("ls -d /proc/[0-9]* | wc -l"), "4\n"); // bwrap, sh, ls, wc
}

TEST_F(RootOfATree, CannotReachTheKernelsSettings) {
    EXPECT_THAT(output_of("(echo x > /proc/sys/kernel/core_pattern)"), HasSubstr("Read-only"));
    EXPECT_THAT(output_of("(echo b > /proc/sysrq-trigger)"), Not(testing::IsEmpty()));
    EXPECT_THAT(output_of("mknod /tmp/disk b 7 0"), HasSubstr("not permitted"));
}

TEST_F(RootOfATree, HasSmallTemporaryDirectories) {
    EXPECT_EQ(
        output_of("busybox df -P -k /tmp /run | busybox awk 'NR > 1 { print $2 }'"),
        "1048576\n65536\n"
    );
}

TEST_F(RootOfATree, LeadsNowhereElseByItsLinks) {
    const auto output = output_in(
        {{"/tmp", "-> /oldroot/tmp"},
         {"/run", "-> ../../oldroot/run"},
         {"/proc", "-> /oldroot/proc"}},
        "ls /oldroot /tmp/. /run/. /proc/1; ls /"
    );
    EXPECT_THAT(output, Not(HasSubstr("slipway")));
}

TEST_F(RootOfATree, KeepsWritesToItself) {
    EXPECT_EQ(output_of("echo x > /etc/own; cat /etc/own"), "x\n");
    EXPECT_EQ(output_of("cat /etc/own"), "mine\n");
}

TEST_F(RootOfATree, BackgroundProcessesEndWithIt) {
    // A daemon that keeps the output open would be waited for, were it not ended.
    EXPECT_EQ(output_of("sleep 600 & echo done"), "done\n");
}

TEST_F(RootOfATree, NothingIsLeftMounted) {
    // Other tests mount meanwhile, each in places of its own.
    const std::string place = "/run/slipway/sandbox";
    std::string within;
    const auto tree = put_tree(objects_, with_busybox({}));
    with_private_mounts([&](const std::filesystem::path& where) {
        EXPECT_EQ(where, place);
        const ContainedRoot root(objects_, tree, where, silent_reporter());
        within = host_file("/proc/thread-self/mountinfo");
        EXPECT_THAT(host_file("/proc/self/mountinfo"), Not(HasSubstr(place))); // the main thread's
    });
    EXPECT_THAT(within, HasSubstr(place + "/root"));
    EXPECT_THAT(host_file("/proc/self/mountinfo"), Not(HasSubstr(place)));
}

/// In a process of its own: an interrupt is for good.
[[noreturn]] void interrupt_oneself(const std::function<void()>& work) {
    const Interrupts interrupts;
    const std::jthread later([] {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        kill(getpid(), SIGTERM);
    });
    try {
        work();
    } catch (const Error&) {
        _exit(interrupted_by());
    }
    _exit(0);
}

TEST_F(RootOfATree, AnInterruptEndsIt) {
    EXPECT_EXIT(
        interrupt_oneself([&] { output_of("sleep 600"); }), testing::ExitedWithCode(SIGTERM), ""
    );
}

} // namespace
} // namespace slipway::sandbox
