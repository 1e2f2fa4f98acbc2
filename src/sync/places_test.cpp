#include "sync/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/zstd.h"

namespace slipway::sync {
namespace {

using testing::HasSubstr;

Digest digest(std::string_view text) {
    return sha256(as_bytes(text));
}

/// Two packs, three frames, five chunks, some of them back and forth.
Places example() {
    Places places;
    places.tree = digest("tree");
    places.packs = {digest("pack a"), digest("pack b")};
    places.frames = {
        {0, {15, 100, 300, store::Codec::zstd}},
        {1, {15, 50, 50, store::Codec::raw}},
        {0, {1ULL << 40U, 7, 1U << 20U, store::Codec::zstd}}};
    places.chunks = {{0, 0}, {2, 5}, {0, 299}, {1, 49}, {1, 0}};
    return places;
}

/// The same, and two dictionaries: one is alone in its frame, the other shares one.
Places example_with_dictionaries() {
    auto places = example();
    places.dictionaries = {{digest("first"), {3, 0}, 1000}, {digest("second"), {1, 20}, 30}};
    const auto codec = store::Codec::zstd_with_dictionary;
    places.frames.push_back({1, {5000, 400, 1000, store::Codec::zstd}});
    places.frames.push_back({1, {6000, 10, 900, codec, digest("second")}});
    places.frames.push_back({0, {7000, 20, 800, codec, digest("first")}});
    places.chunks.push_back({4, 30});
    places.chunks.push_back({5, 0});
    return places;
}

/// As encode(), of any raw bytes.
Buffer packed(ConstBytes raw) {
    ByteWriter whole;
    whole.u32(static_cast<std::uint32_t>(raw.size()));
    whole.bytes(Compressor(1).compress(raw));
    return std::move(whole).take();
}

std::string refusal(ConstBytes bytes) {
    try {
        decode_places(bytes);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
        return error.what();
    }
    return "nothing was refused";
}

std::string refusal(const Places& places) {
    return refusal(encode(places));
}

TEST(Places, come_back_as_they_were) {
    EXPECT_EQ(decode_places(encode(example())), example());
    EXPECT_EQ(decode_places(encode(example_with_dictionaries())), example_with_dictionaries());
    Places nothing;
    nothing.tree = digest("an empty tree");
    EXPECT_EQ(decode_places(encode(nothing)), nothing);
}

TEST(Places, truncated_anywhere_are_refused) {
    for (const auto& whole : {encode(example()), encode(example_with_dictionaries())}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_NE(refusal(ConstBytes(whole).first(size)), "nothing was refused") << size;
        }
    }
}

TEST(Places, with_dictionaries_that_cannot_be_are_refused) {
    auto places = example_with_dictionaries();
    places.dictionaries[0].place.frame = 5; // which needs a dictionary itself
    EXPECT_THAT(refusal(places), HasSubstr("none can be"));
    places = example_with_dictionaries();
    places.dictionaries[1].length = 31;
    EXPECT_THAT(refusal(places), HasSubstr("none can be"));
    places = example_with_dictionaries();
    places.dictionaries[0].length = store::largest_dictionary + 1;
    EXPECT_THAT(refusal(places), HasSubstr("out of range"));
    places = example_with_dictionaries();
    places.dictionaries[0].place.frame = 6;
    EXPECT_THAT(refusal(places), HasSubstr("out of range"));
    places = example_with_dictionaries();
    places.dictionaries.push_back(places.dictionaries[0]);
    EXPECT_THAT(refusal(places), HasSubstr("twice"));
    for (int i = 0; i < 300; ++i) {
        places.dictionaries.push_back({digest(std::to_string(i)), {3, 0}, 1000});
    }
    EXPECT_THAT(refusal(places), HasSubstr("dictionaries"));
}

TEST(Places, that_announce_gigabytes_are_refused) {
    ByteWriter whole;
    whole.u32(0xFFFF'FFFF);
    EXPECT_THAT(refusal(whole.view()), HasSubstr("over the limit"));
}

TEST(Places, that_announce_more_things_than_bytes_are_refused) {
    ByteWriter raw;
    raw.text("slipway places 1\n");
    raw.bytes(digest("tree").view());
    raw.varint(1ULL << 60U);
    EXPECT_THAT(refusal(packed(raw.view())), HasSubstr("more than they hold"));
}

TEST(Places, in_frames_that_cannot_be_are_refused) {
    auto places = example();
    places.frames[0].pack = 2;
    EXPECT_THAT(refusal(places), HasSubstr("out of range"));
    places = example();
    places.frames[0].place.stored_length = 0;
    EXPECT_THAT(refusal(places), HasSubstr("cannot be"));
    places = example();
    places.frames[0].place.offset = ~0ULL - 10;
    EXPECT_THAT(refusal(places), HasSubstr("cannot be"));
    places = example();
    places.frames[0].place.raw_length = store::largest_frame + 1;
    EXPECT_THAT(refusal(places), HasSubstr("out of range"));
}

TEST(Places, outside_their_frames_are_refused) {
    auto places = example();
    places.chunks[0].frame = 3;
    EXPECT_THAT(refusal(places), HasSubstr("not there"));
    places = example();
    places.chunks[0].offset = 300;
    EXPECT_THAT(refusal(places), HasSubstr("out of range"));
}

} // namespace
} // namespace slipway::sync
