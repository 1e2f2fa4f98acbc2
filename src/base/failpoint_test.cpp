#include "base/failpoint.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway {
namespace {

constexpr int died = 86;

/// Arms in a child only, passes the points, and leaves with status 0.
void pass(const char* armed, std::initializer_list<const char*> points) {
    arm_failpoint(armed);
    try {
        for (const auto* point : points) {
            failpoint(point);
        }
    } catch (const Error& error) {
        std::exit(error.fault() == Fault::unavailable ? 1 : 2);
    }
    std::exit(0);
}

TEST(Failpoint, EndsTheProcessAtItsName) {
    EXPECT_EXIT(pass("b", {"a", "b"}), testing::ExitedWithCode(died), "");
    EXPECT_EXIT(pass("b=exit", {"b"}), testing::ExitedWithCode(died), "");
    EXPECT_EXIT(pass("b", {"a", "c"}), testing::ExitedWithCode(0), "");
}

TEST(Failpoint, CountsArrivals) {
    EXPECT_EXIT(pass("b:2", {"b", "a"}), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(pass("b:2", {"b", "b"}), testing::ExitedWithCode(died), "");
    EXPECT_EXIT(pass("*:3", {"a", "b", "c"}), testing::ExitedWithCode(died), "");
}

TEST(Failpoint, CanThrowInstead) {
    EXPECT_EXIT(pass("b=error", {"b"}), testing::ExitedWithCode(1), "");
    EXPECT_EXIT(pass("b:1=enospc", {"b"}), testing::ExitedWithCode(1), "");
}

TEST(Failpoint, RefusesACountThatIsNone) {
    EXPECT_THROW(arm_failpoint("b:x"), Error);
    EXPECT_THROW(arm_failpoint("b:0"), Error);
}

} // namespace
} // namespace slipway
