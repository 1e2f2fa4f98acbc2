#include "formats/tar_format.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::formats {
namespace {

std::int64_t number(std::string text) {
    text.resize(12, '\0');
    return field_number(as_bytes(text), {0, 12});
}

TEST(TarFormat, ReadsNumbersInOctalAndBinary) {
    EXPECT_EQ(number("0000644"), 0644);
    EXPECT_EQ(number("  17 "), 017);
    EXPECT_EQ(number(""), 0);
    EXPECT_EQ(number(std::string("\x80\0\0\0\0\0\0\2\0\0\0\1", 12)), 0x200000001);
    EXPECT_EQ(number(std::string(12, '\xff')), -1);
    EXPECT_EQ(number(std::string(11, '\xff') + "\xfe"), -2);
    EXPECT_THROW(number("8"), Error);
    EXPECT_THROW(number("7x"), Error);
    EXPECT_THROW(number(std::string("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12)), Error) << "2^63";
}

TEST(TarFormat, CountsTheLengthOfRecordsInThemselves) {
    for (std::size_t size = 0; size < 1100; ++size) {
        std::string text;
        append_pax(text, "key", std::string(size, 'v'));
        const auto records = parse_pax(as_bytes(text));
        ASSERT_EQ(records.size(), 1U);
        EXPECT_EQ(records[0].second.size(), size);
        EXPECT_TRUE(text.starts_with(std::to_string(text.size()) + " "));
    }
}

TEST(TarFormat, RefusesDamagedRecords) {
    for (const auto* text :
         {"x",
          "5 a=b",
          "6 a=b",
          "7 a=b\n",
          "4 =\n\n",
          "5 ab\n",
          "-6 a=b\n",
          "99999999999999999999 a=b\n",
          "0 a=b\n",
          "2 a=b\n"}) {
        EXPECT_THROW(parse_pax(as_bytes(text)), Error) << text;
    }
}

TEST(TarFormat, KeepsTimesBeforeAndAfterTheirBeginning) {
    for (const auto& [text, time] : std::initializer_list<std::pair<const char*, tree::Time>>{
             {"0", {0, 0}},
             {"1.5", {1, 500'000'000}},
             {"-1", {-1, 0}},
             {"-1.5", {-2, 500'000'000}},
             {"-0.000000001", {-1, 999'999'999}},
             {"1700000000.123456789", {1'700'000'000, 123'456'789}}}) {
        EXPECT_EQ(parse_pax_time(text), time) << text;
        EXPECT_EQ(pax_time(time), text);
    }
    EXPECT_EQ(parse_pax_time("1.1234567899"), (tree::Time{1, 123'456'789}));
    for (const auto* text : {"", ".", "-", "1.-5", "1e5", "99999999999999999999"}) {
        EXPECT_THROW(parse_pax_time(text), Error) << text;
    }
}

TEST(TarFormat, SpellsAttributeNamesAsGnuTarDoes) {
    EXPECT_EQ(encode_xattr_name("user.a=b%3D"), "user.a%3Db%253D");
    EXPECT_EQ(decode_xattr_name("user.a%3Db%253D%41"), "user.a=b%3D%41");
}

} // namespace
} // namespace slipway::formats
