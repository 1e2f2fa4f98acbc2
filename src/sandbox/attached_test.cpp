#include "sandbox/attached.h"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace slipway::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What a program shows at a terminal that somebody types at, and how the process ended that ran
/// it.
struct Seen {
    std::string text;
    int status = 0;
};

Seen at_a_terminal(const std::string& script, const std::string& typed) {
    int master = -1;
    const winsize size{42, 123, 0, 0};
    const auto child = forkpty(&master, nullptr, nullptr, &size);
    if (child == 0) {
        _exit(run_attached({"/bin/sh", "-c", script}, Output::as_is));
    }
    const FileDescriptor terminal(master);
    Seen seen;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(master, buffer.data(), buffer.size())) > 0;) {
        if (seen.text.empty()) { // now it is at its terminal
            write_all(master, as_bytes(typed), "the terminal");
        }
        seen.text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    int status = 0;
    waitpid(child, &status, 0);
    seen.status = WEXITSTATUS(status);
    return seen;
}

TEST(AttachedProgram, ItsStatusComesBack) {
    EXPECT_EQ(run_attached({"/bin/sh", "-c", "exit 7"}, Output::to_error), 7);
    EXPECT_EQ(run_attached({"/bin/sh", "-c", "kill -KILL $$"}, Output::to_error), 128 + 9);
    EXPECT_THROW(run_attached({"/no/such/program"}, Output::to_error), Error);
}

TEST(AttachedProgram, HasATerminalOfItsOwnWithTheSameSize) {
    const auto seen = at_a_terminal("stty size; read line; echo got $line; exit 5", "hello\n");
    EXPECT_THAT(seen.text, HasSubstr("42 123"));
    EXPECT_THAT(seen.text, HasSubstr("got hello"));
    EXPECT_EQ(seen.status, 5);
}

TEST(AttachedProgram, KeysThatInterruptGoToIt) {
    const auto seen = at_a_terminal(
        "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done", "\x03"
    );
    EXPECT_THAT(seen.text, HasSubstr("caught"));
    EXPECT_EQ(seen.status, 3);
}

TEST(AttachedProgram, AllOfALongOutputIsShown) {
    const auto seen = at_a_terminal("seq 1 20000; echo end", "");
    EXPECT_THAT(seen.text, HasSubstr("19999"));
    EXPECT_THAT(seen.text, HasSubstr("end"));
}

} // namespace
} // namespace slipway::sandbox
