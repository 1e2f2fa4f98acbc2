#include "sync/pack_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::sync {
namespace {

const Digest pack = sha256(as_bytes("a pack"));

store::FramePlace place(std::uint64_t offset, std::uint32_t length) {
    return {offset, length, length, store::Codec::raw};
}

Buffer text(std::string_view bytes) {
    return to_buffer(as_bytes(bytes));
}

TEST(PackCache, finds_what_was_kept_and_nothing_else) {
    const TemporaryDirectory directory;
    PackCache cache(directory.path() / "made/at/need");
    EXPECT_EQ(cache.find(pack, place(100, 5)), std::nullopt);
    cache.keep(pack, place(100, 5), as_bytes("hello"));
    EXPECT_EQ(cache.find(pack, place(100, 5)), text("hello"));
    EXPECT_EQ(cache.find(pack, place(90, 5)), std::nullopt);   // a hole before it
    EXPECT_EQ(cache.find(pack, place(102, 10)), std::nullopt); // past the end
    EXPECT_EQ(cache.find(sha256(as_bytes("another pack")), place(100, 5)), std::nullopt);
}

TEST(PackCache, is_shared_with_whoever_opens_the_same_directory) {
    const TemporaryDirectory directory;
    PackCache one(directory.path());
    PackCache other(directory.path());
    EXPECT_EQ(other.find(pack, place(0, 3)), std::nullopt);
    one.keep(pack, place(0, 3), as_bytes("one"));
    other.keep(pack, place(3, 5), as_bytes("other"));
    EXPECT_EQ(other.find(pack, place(0, 3)), text("one"));
    EXPECT_EQ(PackCache(directory.path()).find(pack, place(3, 5)), text("other"));
}

} // namespace
} // namespace slipway::sync
