#include "base/digest.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

// The examples of FIPS 180-4.
constexpr auto* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto* of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, IsSha256) {
    EXPECT_EQ(sha256(as_bytes("abc")).hex(), of_abc);
    EXPECT_EQ(sha256({}).hex(), of_nothing);
}

TEST(Digest, ParsesWhatItPrints) {
    EXPECT_EQ(Digest::parse(of_abc), sha256(as_bytes("abc")));
}

TEST(Digest, ParsesNothingElse) {
    const std::string text = of_abc;
    EXPECT_FALSE(Digest::parse(text.substr(1)));
    EXPECT_FALSE(Digest::parse(text + "0"));
    EXPECT_FALSE(Digest::parse("B" + text.substr(1)));
    EXPECT_FALSE(Digest::parse("g" + text.substr(1)));
}

TEST(Hasher, TakesPiecesAndStartsAnew) {
    Hasher hasher;
    for (int round = 0; round < 2; ++round) {
        hasher.update(as_bytes("a"));
        hasher.update({});
        hasher.update(as_bytes("bc"));
        EXPECT_EQ(hasher.finish().hex(), of_abc);
    }
    EXPECT_EQ(hasher.finish().hex(), of_nothing);
}

} // namespace
} // namespace slipway
