#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using testing::ElementsAre;

TEST(Text, QuotesForJson) {
    EXPECT_EQ(json_string("a\"b\\c\n\xc3\xa9"), "\"a\\\"b\\\\c\\u000a\xc3\xa9\"");
    EXPECT_EQ(json_string("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(Text, MakesNamesPrintable) {
    EXPECT_EQ(printable("a\x1b[1m\\\xff\xc3\xa9"), "a\\x1b[1m\\x5c\\xff\xc3\xa9");
    EXPECT_EQ(printable("\xc2\x9b\xc2\xa0"), "\\xc2\\x9b\xc2\xa0"); // a terminal obeys U+009B
}

TEST(Text, SplitsAndKeepsEmptyParts) {
    EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
    EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Text, TrimsBothEnds) {
    EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
    EXPECT_EQ(trimmed(" \n"), "");
}

TEST(Text, KnowsUtf8) {
    EXPECT_EQ(utf8_length("a"), 1U);
    EXPECT_EQ(utf8_length("\xc3\xa9x"), 2U);
    EXPECT_EQ(utf8_length("\xe2\x82\xac"), 3U);
    EXPECT_EQ(utf8_length("\xf0\x9f\x90\xa7"), 4U);
    for (const auto* wrong :
         {"",
          "\x80",
          "\xc0\xaf",
          "\xc3",
          "\xe0\x80\x80",
          "\xed\xa0\x80",
          "\xf4\x90\x80\x80",
          "\xff"}) {
        EXPECT_EQ(utf8_length(wrong), 0U) << wrong;
    }
}

/// -1, 0 or 1.
int order(std::string_view a, std::string_view b) {
    const auto result = compare_versions(a, b);
    const auto back = compare_versions(b, a);
    EXPECT_EQ(result<0, back> 0);
    return (result > 0) - (result < 0);
}

TEST(Versions, CompareAsDebianCompares) {
    EXPECT_EQ(order("6.1.0-9", "6.1.0-13"), -1);
    EXPECT_EQ(order("1.0~rc1", "1.0"), -1);
    EXPECT_EQ(order("1.0~~", "1.0~"), -1);
    EXPECT_EQ(order("1.0", "1.0a"), -1);
    EXPECT_EQ(order("1.0a", "1.0+"), -1);
    EXPECT_EQ(order("1.01", "1.1"), 0);
    EXPECT_EQ(order("", ""), 0);
    EXPECT_EQ(order("99999999999999999999", "100000000000000000000"), -1);
}

TEST(Text, CountsInWords) {
    EXPECT_EQ(counted(0, "pack"), "0 packs");
    EXPECT_EQ(counted(1, "pack"), "1 pack");
    EXPECT_EQ(counted(2, "entry", "entries"), "2 entries");
    EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
}

} // namespace
} // namespace slipway
