#include "mount/hardening.h"

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "mount/testing.h"

namespace slipway::mount {
namespace {

constexpr int get_io_flusher = 58;

bool is_told(NotingReporter& reporter, std::string_view habit) {
    const auto details = reporter.details();
    return std::ranges::any_of(details, [&](const std::string& detail) {
        return detail.find(habit) != std::string::npos;
    });
}

/// 0 if each habit either holds or was told of as refused, which few privileges may cause. Runs in
/// a process of its own: the habits cannot all be undone.
int check_habits() {
    std::string name = "slipway-client";
    NotingReporter reporter;
    become_root_server(name.data(), reporter);
    std::raise(SIGPIPE);
    std::raise(SIGHUP);
    if (name != "@lipway-client") {
        return 1;
    }
    const auto never_killed = read_text("/proc/self/oom_score_adj") == "-1000\n";
    if (never_killed == is_told(reporter, "oom_score_adj")) {
        return 2;
    }
#ifndef __SANITIZE_ADDRESS__ // which makes locking do nothing
    const auto unlocked =
        read_text("/proc/self/status").find("VmLck:\t       0 kB") != std::string::npos;
    if (unlocked != is_told(reporter, "lock")) {
        return 3;
    }
#endif
    const auto serves = prctl(get_io_flusher, 0, 0, 0, 0) == 1;
    return serves == is_told(reporter, "serves I/O") ? 4 : 0;
}

TEST(RootServer, HasItsHabits) {
    const auto child = fork();
    if (child == 0) {
        _exit(check_habits());
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace slipway::mount
