#include "store/frame_cache.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::store {
namespace {

constexpr FrameKey key{1, 0};

std::shared_ptr<const Buffer> bytes(std::size_t size) {
    return std::make_shared<const Buffer>(size);
}

TEST(FrameCache, AFrameIsDecodedOnceHoweverManyWantIt) {
    FrameCache cache(1000);
    std::atomic<int> decoded = 0;
    std::latch all_there(4);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                all_there.arrive_and_wait();
                cache.get_once(key, [&] {
                    ++decoded;
                    std::this_thread::sleep_for(std::chrono::milliseconds(50));
                    return bytes(10);
                });
            });
        }
    }
    EXPECT_EQ(decoded, 1);
}

TEST(FrameCache, OneThatCannotBeDecodedIsTriedAgain) {
    FrameCache cache(1000);
    const auto fail = []() -> std::shared_ptr<const Buffer> {
        throw Error(Fault::corrupt, "damaged");
    };
    EXPECT_THROW(cache.get_once(key, fail), Error);
    EXPECT_EQ(cache.get_once(key, [] { return nullptr; }), nullptr);
    EXPECT_EQ(cache.get_once(key, [] { return bytes(10); })->size(), 10U);
    EXPECT_EQ(cache.get_once(key, fail)->size(), 10U);
}

TEST(FrameCache, TheLeastRecentlyUsedGoFirst) {
    FrameCache cache(25);
    for (std::uint64_t offset = 0; offset < 2; ++offset) {
        cache.get({1, offset}, [] { return bytes(10); });
    }
    cache.get({1, 0}, [] { return bytes(99); });
    cache.get({1, 2}, [] { return bytes(10); });
    EXPECT_EQ(cache.get({1, 0}, [] { return bytes(99); })->size(), 10U);
    EXPECT_EQ(cache.get({1, 1}, [] { return bytes(99); })->size(), 99U);
}

} // namespace
} // namespace slipway::store
