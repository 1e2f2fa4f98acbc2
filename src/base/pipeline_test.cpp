#include "base/pipeline.h"

#include <atomic>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway {
namespace {

TEST(Pipeline, DeliversInTheOrderOfSubmission) {
    std::vector<int> delivered;
    Pipeline pipeline({4, 1000});
    for (int i = 0; i < 500; ++i) {
        pipeline.submit(10, [i, &delivered] {
            return [i, &delivered] { delivered.push_back(i); };
        });
    }
    pipeline.finish();
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(delivered, expected);
}

TEST(Pipeline, KeepsWhatIsInFlightUnderItsLimit) {
    std::atomic<int> in_flight = 0;
    std::atomic<int> most = 0;
    Pipeline pipeline({4, 100});
    for (int i = 0; i < 200; ++i) {
        pipeline.submit(40, [&] {
            most = std::max(most.load(), ++in_flight);
            return [&] { --in_flight; };
        });
    }
    pipeline.finish();
    EXPECT_LE(most, 2);
}

TEST(Pipeline, LetsOnePieceInThatIsOverTheLimit) {
    bool delivered = false;
    Pipeline pipeline({2, 100});
    pipeline.submit(1000, [&] { return [&] { delivered = true; }; });
    pipeline.finish();
    EXPECT_TRUE(delivered);
}

TEST(Pipeline, ThrowsTheErrorOfWorkAndDeliversNothingAfterIt) {
    std::atomic<int> delivered = 0;
    Pipeline pipeline({2, 1000});
    const auto act = [&] {
        for (int i = 0; i < 100; ++i) {
            pipeline.submit(10, [i, &delivered]() -> Deliver {
                if (i == 5) {
                    throw Error(Fault::unavailable, "fifth piece");
                }
                return [&] { ++delivered; };
            });
        }
        pipeline.finish();
    };
    EXPECT_THROW(act(), Error);
    EXPECT_LE(delivered, 5);
}

TEST(Pipeline, ThrowsTheErrorOfADelivery) {
    Pipeline pipeline({2, 1000});
    pipeline.submit(1, [] { return [] { throw Error(Fault::refused, "delivery"); }; });
    EXPECT_THROW(pipeline.finish(), Error);
}

TEST(Pipeline, CanBeFinishedMoreThanOnce) {
    int delivered = 0;
    Pipeline pipeline({2, 1000});
    for (int round = 1; round <= 3; ++round) {
        pipeline.submit(1, [&] { return [&] { ++delivered; }; });
        pipeline.finish();
        EXPECT_EQ(delivered, round);
    }
}

TEST(Pipeline, DropsWhatIsLeftWhenItGoes) {
    Pipeline pipeline({1, 1U << 20U});
    for (int i = 0; i < 1000; ++i) {
        pipeline.submit(1, [] { return Deliver(); });
    }
}

TEST(ParallelFor, CallsEachOnce) {
    std::vector<std::atomic<int>> calls(1000);
    parallel_for(calls.size(), [&](std::size_t i) { ++calls[i]; });
    for (const auto& count : calls) {
        EXPECT_EQ(count, 1);
    }
    parallel_for(0, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, ThrowsTheFirstError) {
    const auto each = [](std::size_t i) {
        if (i == 7) {
            throw Error(Fault::corrupt, "seven");
        }
    };
    EXPECT_THROW(parallel_for(100, each), Error);
}

} // namespace
} // namespace slipway
