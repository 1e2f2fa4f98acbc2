#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t gibibyte = 1ULL << 30U;

/// Bytes without a zero block among them, the same for the same seed.
Buffer noise(std::size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    Buffer bytes(size);
    for (auto& byte : bytes) {
        byte = static_cast<std::byte>(random());
    }
    return bytes;
}

void append(Buffer& to, const Buffer& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// What a Cutter emitted: its runs, and the bytes they stand for.
struct Cut {
    ChunkList list;
    Buffer bytes;
};

Cutter cutter_into(Cut& cut) {
    return Cutter([&cut](std::uint64_t length, ConstBytes bytes) {
        cut.list.runs.push_back({length, {}});
        if (!bytes.empty()) {
            EXPECT_EQ(bytes.size(), length);
            cut.list.runs.back().chunk = sha256(bytes);
        }
        if (length < gibibyte) {
            cut.bytes.insert(cut.bytes.end(), bytes.begin(), bytes.end());
            cut.bytes.resize(cut.bytes.size() + length - bytes.size());
        }
    });
}

Cut cut_at_once(ConstBytes file) {
    Cut cut;
    auto cutter = cutter_into(cut);
    cutter.data(file);
    cutter.end();
    return cut;
}

std::vector<std::uint64_t> lengths(const ChunkList& list) {
    std::vector<std::uint64_t> result;
    for (const auto& run : list.runs) {
        result.push_back(run.length);
    }
    return result;
}

MATCHER_P(IsZeros, length, "") {
    return !arg.chunk && arg.length == static_cast<std::uint64_t>(length);
}

MATCHER_P(IsChunk, length, "") {
    return arg.chunk && arg.length == static_cast<std::uint64_t>(length);
}

// Rule T2.
TEST(Cutter, KeepsAsDataWhatIsOneBlockTooShortForARunOfZeros) {
    auto file = noise(4096, 1);
    file.resize(4096 + shortest_zeros - zero_block);
    append(file, noise(4096, 2));
    EXPECT_THAT(cut_at_once(file).list.runs, ElementsAre(IsChunk(file.size())));
}

// Rule T2.
TEST(Cutter, MakesSixteenZeroBlocksARunOfZeros) {
    auto file = noise(4096, 1);
    file.resize(4096 + shortest_zeros);
    append(file, noise(5000, 2));
    EXPECT_THAT(
        cut_at_once(file).list.runs,
        ElementsAre(IsChunk(4096), IsZeros(shortest_zeros), IsChunk(5000))
    );
}

// Rule T2: 64 KiB of zeros that begin within a block hold only fifteen whole ones.
TEST(Cutter, LooksForZerosInAlignedBlocksOnly) {
    auto file = noise(100, 1);
    file.resize(100 + shortest_zeros);
    append(file, noise(4000, 2));
    EXPECT_THAT(cut_at_once(file).list.runs, ElementsAre(IsChunk(file.size())));
}

// Rule T3.
TEST(Cutter, GivesAPartialZeroBlockAtTheEndToTheRunBeforeIt) {
    auto file = noise(4096, 1);
    file.resize(4096 + shortest_zeros + 7);
    EXPECT_THAT(
        cut_at_once(file).list.runs, ElementsAre(IsChunk(4096), IsZeros(shortest_zeros + 7))
    );
    file.back() = std::byte{1};
    EXPECT_THAT(
        cut_at_once(file).list.runs, ElementsAre(IsChunk(4096), IsZeros(shortest_zeros), IsChunk(7))
    );
}

// Rule T3: the partial block is not one of the sixteen.
TEST(Cutter, DoesNotCountAPartialBlockTowardsARunOfZeros) {
    const Buffer file(shortest_zeros - 1);
    EXPECT_THAT(cut_at_once(file).list.runs, ElementsAre(IsChunk(file.size())));
}

// Rule T4: golden, so that the identity of long files cannot change unnoticed.
TEST(Cutter, CutsSegmentsByFastCdc) {
    Buffer file = noise(3U << 20U, 42);
    file.resize(file.size() + (1U << 20U));
    append(file, noise(1U << 20U, 43));
    const auto cut = cut_at_once(file);
    EXPECT_EQ(cut.bytes, file);
    EXPECT_THAT(
        lengths(cut.list),
        ElementsAre(
            // clang-format off
            420961, 519583, 113900, 118811, 263193, 316029, 298800, 285718, 382187, 272839, 153707,
            1048576,
            126340, 284686, 262368, 257791, 117391
            // clang-format on
        )
    );
    EXPECT_EQ(
        sha256(encode(cut.list)).hex(),
        "b7c70dbb2bfc470a523c5123b6732196da635089f95d3518f562ee85db0fd2e2"
    );
}

// Rule T4: an insertion moves the cuts near it and no others.
TEST(Cutter, FindsTheSameChunksAgainBehindAnInsertion) {
    const auto tail = noise(4U << 20U, 7);
    auto moved = noise(12345, 8);
    append(moved, tail);
    const auto before = cut_at_once(tail).list.runs;
    const auto after = cut_at_once(moved).list.runs;
    EXPECT_EQ(before.back(), after.back());
    EXPECT_TRUE(std::is_permutation(before.end() - 3, before.end(), after.end() - 3));
}

TEST(Cutter, CountsAHugeHoleWithoutLookingAtIt) {
    Cut cut;
    auto cutter = cutter_into(cut);
    cutter.data(noise(100, 1));
    cutter.zeros(largest_file / 2);
    cutter.data(noise(100, 2));
    cutter.end();
    constexpr auto inner = largest_file / 2 - 3996 - 100;
    EXPECT_THAT(cut.list.runs, ElementsAre(IsChunk(4096), IsZeros(inner), IsChunk(200)));
}

TEST(Cutter, StartsAnewAfterTheEnd) {
    Cut cut;
    auto cutter = cutter_into(cut);
    cutter.zeros(100000);
    cutter.end();
    cutter.data(noise(5000, 1));
    cutter.end();
    EXPECT_THAT(cut.list.runs, ElementsAre(IsZeros(100000), IsChunk(5000)));
}

TEST(Cutter, EmitsNothingForNothing) {
    EXPECT_TRUE(cut_at_once({}).list.runs.empty());
}

/// A file of stretches of noise and of zeros, often as long as a rule's limit.
Buffer any_file() {
    const auto edges = rc::gen::element<std::size_t>(
        0, 1, 4095, 4096, 4097, shortest_zeros - 4096, shortest_zeros, shortest_zeros + 1, 700000
    );
    const auto free = rc::gen::inRange<std::size_t>(0, 1500000);
    const auto sizes = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::oneOf(edges, free, rc::gen::map(free, [](auto n) { return n / 4096 * 4096; }))
    );
    Buffer file;
    for (std::size_t i = 0; i < std::min<std::size_t>(sizes.size(), 8); ++i) {
        if (i % 2 == 0) {
            append(file, noise(sizes[i], static_cast<unsigned>(i)));
        } else {
            file.resize(file.size() + sizes[i]);
        }
    }
    return file;
}

/// Feeds `file` in pieces of any size; pieces of zeros by zeros() as often as by data().
Cut cut_in_pieces(ConstBytes file) {
    Cut cut;
    auto cutter = cutter_into(cut);
    while (!file.empty()) {
        const auto size = *rc::gen::oneOf(
            rc::gen::inRange<std::size_t>(1, 3000000),
            rc::gen::inRange<std::size_t>(1, 70000),
            rc::gen::just<std::size_t>(4096)
        );
        const auto piece = file.first(std::min(size, file.size()));
        if (all_zero(piece) && *rc::gen::arbitrary<bool>()) {
            cutter.zeros(piece.size());
        } else {
            cutter.data(piece);
        }
        file = file.subspan(piece.size());
    }
    cutter.end();
    return cut;
}

// Rule T1.
RC_GTEST_PROP(Cutter, CutsTheSameBytesTheSameWayInWhateverPiecesTheyCome, ()) {
    const auto file = any_file();
    const auto whole = cut_at_once(file);
    RC_ASSERT(whole.bytes == file);
    RC_ASSERT(cut_in_pieces(file).list == whole.list);
    if (file.size() > largest_single_chunk) {
        RC_ASSERT(decode_chunk_list(encode(whole.list)) == whole.list);
    }
}

} // namespace
} // namespace slipway::tree
