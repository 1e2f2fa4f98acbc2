#include "sandbox/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway::sandbox {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Outcome run_script(const std::string& script, const Limits& limits = {}) {
    return run_child({"/bin/sh", "-c", script}, limits);
}

TEST(ChildProgram, ItsOutputAndStatusComeBack) {
    const auto outcome = run_script("echo out; echo err >&2; exit 3");
    EXPECT_EQ(outcome.output, "out\nerr\n");
    EXPECT_EQ(outcome.status, 3);
    EXPECT_FALSE(outcome.succeeded());
    EXPECT_TRUE(run_script(":").succeeded());
}

TEST(ChildProgram, HasNoInputAndNoEnvironment) {
    EXPECT_EQ(run_script("cat; /usr/bin/env | grep -v -e ^PWD -e ^SHLVL -e ^_; :").output, "");
}

TEST(ChildProgram, HasNoFileThatIsOpenHere) {
    const auto kept = open("/", O_RDONLY | O_DIRECTORY); // NOLINT: not closed on exec, on purpose
    ASSERT_GE(kept, 0);
    EXPECT_EQ(run_script("ls /proc/$$/fd; :").output, "0\n1\n2\n");
    close(kept);
}

TEST(ChildProgram, ASignalIsAStatus) {
    EXPECT_EQ(run_script("kill -TERM $$").status, 128 + 15);
}

TEST(ChildProgram, EndsWhenItsTimeIsOver) {
    const auto outcome =
        run_script("echo begun; exec sleep 600", {.time = std::chrono::seconds(1)});
    EXPECT_TRUE(outcome.out_of_time);
    EXPECT_FALSE(outcome.succeeded());
    EXPECT_EQ(outcome.output, "begun\n");
}

TEST(ChildProgram, WhatItLeftBehindIsNotWaitedFor) {
    const auto outcome =
        run_script("echo begun; setsid sleep 60 & sleep 60", {.time = std::chrono::seconds(1)});
    EXPECT_TRUE(outcome.out_of_time);
    EXPECT_EQ(outcome.output, "begun\n");
}

TEST(ChildProgram, OneThatSaysNoMoreEndsWhenItsTimeIsOver) {
    const auto outcome =
        run_script("exec >/dev/null 2>&1; sleep 60", {.time = std::chrono::seconds(1)});
    EXPECT_TRUE(outcome.out_of_time);
}

TEST(ChildProgram, CannotTakeMoreThanItsLimits) {
    EXPECT_THAT(run_script("ulimit -v", {.memory_bytes = 1ULL << 30U}).output, "1048576\n");
    EXPECT_FALSE(run_script(
                     "f=$(mktemp); head -c 9000 /dev/zero > $f; s=$?; rm $f; exit $s",
                     {.file_bytes = 4096}
    )
                     .succeeded());
    EXPECT_EQ(run_script("ulimit -c").output, "0\n");
}

TEST(ChildProgram, TooMuchOutputLosesItsMiddle) {
    const auto outcome = run_script("echo first; yes 0123456789 | head -c 20000000; echo last");
    EXPECT_LT(outcome.output.size(), longest_output + 100);
    EXPECT_THAT(outcome.output, StartsWith("first\n"));
    EXPECT_THAT(outcome.output, HasSubstr("[...]"));
    EXPECT_THAT(outcome.output, EndsWith("last\n"));
}

TEST(ChildProgram, OneThatIsNotThereIsAnError) {
    try {
        run_child({"/no/such/program"}, {});
        FAIL() << "it ran";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
    }
}

} // namespace
} // namespace slipway::sandbox
