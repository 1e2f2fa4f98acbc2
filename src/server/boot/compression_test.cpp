#include "server/boot/compression.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::server::boot {
namespace {

Buffer sample() {
    Buffer bytes;
    for (std::size_t i = 0; i < 600'000; ++i) {
        bytes.push_back(static_cast<std::byte>(i * i / 7));
    }
    return bytes;
}

class EveryCompression : public testing::TestWithParam<Compression> {};

TEST_P(EveryCompression, GivesBackWhatItTook) {
    const auto packed = compress_for_kernel(GetParam(), sample());
    EXPECT_EQ(uncompress(GetParam(), packed, 600'000), sample());
    EXPECT_EQ(packed, compress_for_kernel(GetParam(), sample()));
}

TEST_P(EveryCompression, RefusesMoreThanTheLimit) {
    const auto packed = compress_for_kernel(GetParam(), sample());
    EXPECT_THROW(uncompress(GetParam(), packed, 599'999), Error);
}

TEST_P(EveryCompression, HoldsNothing) {
    EXPECT_TRUE(uncompress(GetParam(), compress_for_kernel(GetParam(), {}), 0).empty());
}

TEST_P(EveryCompression, RefusesDamagedBytes) {
    if (GetParam() == Compression::none) {
        GTEST_SKIP() << "has no check of its own";
    }
    auto packed = compress_for_kernel(GetParam(), sample());
    EXPECT_THROW(
        uncompress(GetParam(), ConstBytes(packed).first(packed.size() / 2), 600'000), Error
    );
    EXPECT_THROW(uncompress(GetParam(), as_bytes("no such thing at all"), 600'000), Error);
}

INSTANTIATE_TEST_SUITE_P(
    Compressions,
    EveryCompression,
    testing::Values(Compression::none, Compression::gzip, Compression::xz, Compression::zstd)
);

TEST(CompressionOfName, IsToldByTheEnd) {
    EXPECT_EQ(compression_of_name("erofs.ko"), Compression::none);
    EXPECT_EQ(compression_of_name("erofs.ko.gz"), Compression::gzip);
    EXPECT_EQ(compression_of_name("erofs.ko.xz"), Compression::xz);
    EXPECT_EQ(compression_of_name("erofs.ko.zst"), Compression::zstd);
}

} // namespace
} // namespace slipway::server::boot
