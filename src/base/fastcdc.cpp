#include "base/fastcdc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace slipway {

namespace {

constexpr std::size_t byte_values = 256;
constexpr std::size_t window = 64;

/// 256 random 64-bit values: SplitMix64 (Steele, Lea, Flood 2014) started from 0.
constexpr std::array<std::uint64_t, byte_values> make_gear() {
    std::array<std::uint64_t, byte_values> gear{};
    std::uint64_t state = 0;
    for (auto& value : gear) {
        state += 0x9E3779B97F4A7C15U;
        auto mixed = state;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
        value = mixed ^ (mixed >> 31U);
    }
    return gear;
}

constexpr auto gear = make_gear();

/// The highest `bits` bits: they depend on the last 64 bytes most evenly.
constexpr std::uint64_t high_mask(int bits) {
    return ~std::uint64_t{0} << static_cast<unsigned>(64 - bits);
}

} // namespace

std::size_t next_chunk_length(ConstBytes data, const ChunkSizes& sizes) {
    if (data.size() <= sizes.smallest) {
        return data.size();
    }
    const auto bits = std::countr_zero(sizes.usual);
    const auto strict = high_mask(bits + 2);
    const auto loose = high_mask(bits - 2);
    const auto end = std::min(data.size(), sizes.largest);
    const auto middle = std::min(end, sizes.usual);

    // The window is the last 64 bytes: older ones are shifted out. It is full at the first test.
    std::uint64_t hash = 0;
    auto at = sizes.smallest;
    for (auto i = at - window; i < at; ++i) {
        hash = (hash << 1U) + gear[std::to_integer<std::size_t>(data[i])];
    }
    for (; at < middle; ++at) {
        hash = (hash << 1U) + gear[std::to_integer<std::size_t>(data[at])];
        if ((hash & strict) == 0) {
            return at + 1;
        }
    }
    for (; at < end; ++at) {
        hash = (hash << 1U) + gear[std::to_integer<std::size_t>(data[at])];
        if ((hash & loose) == 0) {
            return at + 1;
        }
    }
    return end;
}

} // namespace slipway
