#include "net/conditions.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

using Kind = RangeAnswer::Kind;

void expect_part(std::string_view header, std::uint64_t first, std::uint64_t length) {
    const auto answer = parse_range(header, 100);
    EXPECT_EQ(answer.kind, Kind::part) << header;
    EXPECT_EQ(answer.range.first, first) << header;
    EXPECT_EQ(answer.range.length, length) << header;
}

TEST(Range, ReadsTheThreeForms) {
    expect_part("bytes=0-0", 0, 1);
    expect_part("bytes=10-19", 10, 10);
    expect_part("Bytes=90-", 90, 10);
    expect_part("bytes=-5", 95, 5);
    expect_part(" bytes= 1 - 2 ", 1, 2);
}

TEST(Range, ClipsWhatReachesPastTheEnd) {
    expect_part("bytes=99-100", 99, 1);
    expect_part("bytes=1-99999999999999999999999999", 1, 99);
    expect_part("bytes=-1000", 0, 100);
}

TEST(Range, SaysWhatCannotBeSatisfied) {
    for (const auto* header :
         {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"}) {
        EXPECT_EQ(parse_range(header, 100).kind, Kind::unsatisfiable) << header;
    }
    EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
}

TEST(Range, IgnoresWhatIsMalformedOrSeveral) {
    for (const auto* header :
         {"",
          "bytes",
          "bytes=",
          "bytes=-",
          "bytes=5",
          "bytes=5-4",
          "bytes=0-1,5-6",
          "bytes=a-b",
          "bytes=1-b",
          "bytes=+1-2",
          "lines=1-2",
          "bytes 1-2",
          "bytes=--5",
          "bytes=1--2",
          "bytes=0x1-2"}) {
        EXPECT_EQ(parse_range(header, 100).kind, Kind::whole) << header;
    }
    EXPECT_EQ(parse_range("bytes=-5", 0).kind, Kind::whole);
}

TEST(ContentRange, ReadsWhatServersSay) {
    const auto range = parse_content_range("bytes 5-9/10");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 5U);
    EXPECT_EQ(range->length, 5U);
    EXPECT_TRUE(parse_content_range("bytes 5-9/*"));
    for (const auto* header :
         {"",
          "bytes */10",
          "bytes 5-9",
          "bytes 9-5/10",
          "bytes 5-10/10",
          "bytes=5-9/10",
          "bytes 5/9-10",
          "bytes 0-18446744073709551615/*"}) {
        EXPECT_FALSE(parse_content_range(header)) << header;
    }
}

TEST(Etag, IsFoundInALine) {
    EXPECT_TRUE(names_etag("\"abc\"", "abc"));
    EXPECT_TRUE(names_etag("\"x\", W/\"abc\"", "abc"));
    EXPECT_TRUE(names_etag("*", "abc"));
    EXPECT_FALSE(names_etag("\"abcd\"", "abc"));
    EXPECT_FALSE(names_etag("abc", "abc"));
    EXPECT_FALSE(names_etag("*", ""));
    EXPECT_FALSE(names_etag("", "abc"));
}

} // namespace
} // namespace slipway::net
