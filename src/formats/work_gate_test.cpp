#include "formats/work_gate.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace slipway::formats {
namespace {

TEST(WorkGate, LetsWorkThroughUntilItGoes) {
    auto gate = std::make_unique<WorkGate>();
    const std::function<int(int)> twice = gate->guard([](int number) { return 2 * number; });
    EXPECT_EQ(twice(4), 8);
    gate.reset();
    EXPECT_EQ(twice(4), 0);
}

TEST(WorkGate, WaitsForWorkThatRuns) {
    std::atomic<bool> has_begun = false;
    std::atomic<bool> may_end = false;
    std::atomic<bool> has_ended = false;
    auto gate = std::make_unique<WorkGate>();
    const std::function<void()> work = gate->guard([&] {
        has_begun = true;
        has_begun.notify_all();
        may_end.wait(false);
        has_ended = true;
    });
    const std::jthread worker(work);
    has_begun.wait(false);
    const std::jthread releasing([&] {
        may_end = true;
        may_end.notify_all();
    });
    gate.reset();
    EXPECT_TRUE(has_ended);
}

TEST(WorkGate, StaysUsableWhenWorkThrows) {
    const WorkGate gate;
    const std::function<void()> work = gate.guard([] { throw 1; });
    EXPECT_THROW(work(), int);
    EXPECT_THROW(work(), int);
}

} // namespace
} // namespace slipway::formats
