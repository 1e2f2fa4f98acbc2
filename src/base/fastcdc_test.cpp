#include "base/fastcdc.h"

#include <random>

#include <gtest/gtest.h>

namespace slipway {
namespace {

constexpr ChunkSizes tiny{64, 256, 1024};

Buffer noise(std::size_t size) {
    std::mt19937_64 random(size);
    Buffer bytes(size);
    for (auto& byte : bytes) {
        byte = static_cast<std::byte>(random());
    }
    return bytes;
}

/// Where `data` is cut, counted from its end.
std::vector<std::size_t> cuts_from_end(ConstBytes data, const ChunkSizes& sizes) {
    std::vector<std::size_t> cuts;
    while (!data.empty()) {
        data = data.subspan(next_chunk_length(data, sizes));
        cuts.push_back(data.size());
    }
    return cuts;
}

TEST(FastCdc, KeepsToItsSizes) {
    const auto data = noise(100000);
    std::size_t chunks = 0;
    for (ConstBytes rest = data; !rest.empty(); ++chunks) {
        const auto length = next_chunk_length(rest, tiny);
        EXPECT_LE(length, tiny.largest);
        EXPECT_TRUE(length > tiny.smallest || length == rest.size());
        rest = rest.subspan(length);
    }
    EXPECT_GT(chunks, data.size() / tiny.usual / 2);
    EXPECT_LT(chunks, data.size() / tiny.usual * 2);
}

TEST(FastCdc, NeedsNoMoreThanTheLargestChunkToDecide) {
    const auto data = noise(5000);
    EXPECT_EQ(
        next_chunk_length(data, tiny), next_chunk_length(ConstBytes(data).first(tiny.largest), tiny)
    );
}

TEST(FastCdc, CutsTheSameBytesAgainBehindAnInsertion) {
    const auto data = noise(50000);
    auto moved = noise(77);
    moved.insert(moved.end(), data.begin(), data.end());
    const auto before = cuts_from_end(data, tiny);
    const auto after = cuts_from_end(moved, tiny);
    const auto half = static_cast<std::ptrdiff_t>(before.size() / 2);
    ASSERT_GT(after.size(), before.size() / 2);
    EXPECT_TRUE(std::equal(before.end() - half, before.end(), after.end() - half));
}

TEST(FastCdc, TakesAShortRestWhole) {
    const auto data = noise(64);
    EXPECT_EQ(next_chunk_length(data, tiny), 64U);
    EXPECT_EQ(next_chunk_length({}, tiny), 0U);
}

TEST(FastCdc, CutsBytesThatNeverMatchAtTheLargest) {
    EXPECT_EQ(next_chunk_length(Buffer(5000), tiny), tiny.largest);
}

} // namespace
} // namespace slipway
