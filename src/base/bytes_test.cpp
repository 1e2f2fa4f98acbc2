#include "base/bytes.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway {
namespace {

template <typename Read>
bool refuses(std::string_view bytes, Read read) {
    try {
        ByteReader reader(as_bytes(bytes));
        read(reader);
    } catch (const Error& error) {
        return error.fault() == Fault::corrupt;
    }
    return false;
}

const auto varint = [](ByteReader& reader) { reader.varint(); };

TEST(Bytes, ReadsWhatWasWritten) {
    ByteWriter writer;
    writer.u8(0xFE);
    writer.u16(0xFEDC);
    writer.u32(0xFEDCBA98);
    writer.u64(0xFEDCBA9876543210);
    writer.counted(as_bytes("name"));
    writer.text("end");
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.u8(), 0xFE);
    EXPECT_EQ(reader.u16(), 0xFEDC);
    EXPECT_EQ(reader.u32(), 0xFEDCBA98);
    EXPECT_EQ(reader.u64(), 0xFEDCBA9876543210);
    EXPECT_EQ(as_text(reader.counted(4)), "name");
    reader.expect("end", "test");
    reader.finish("test");
}

TEST(Bytes, StoresIntegersLittleEndian) {
    ByteWriter writer;
    writer.u32(0x01020304);
    EXPECT_EQ(as_text(writer.view()), "\x04\x03\x02\x01");
}

TEST(Bytes, EncodesIntegersInTheirShortestForm) {
    const auto encoded = [](std::uint64_t value) {
        ByteWriter writer;
        writer.varint(value);
        EXPECT_EQ(ByteReader(writer.view()).varint(), value);
        return std::string(as_text(writer.view()));
    };
    EXPECT_EQ(encoded(0), std::string(1, '\0'));
    EXPECT_EQ(encoded(127), "\x7f");
    EXPECT_EQ(encoded(128), "\x80\x01");
    EXPECT_EQ(encoded(UINT64_MAX), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Bytes, RefusesIntegersThatAreNotCanonical) {
    EXPECT_TRUE(refuses(std::string_view("\x80\0", 2), varint));
    EXPECT_TRUE(refuses("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", varint));
    EXPECT_TRUE(refuses("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", varint));
    EXPECT_TRUE(refuses("\x80", varint));
}

TEST(Bytes, FoldsSignedIntegers) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, least, most}) {
        ByteWriter writer;
        writer.signed_varint(value);
        EXPECT_EQ(ByteReader(writer.view()).signed_varint(), value);
    }
    ByteWriter writer;
    writer.signed_varint(-1);
    EXPECT_EQ(as_text(writer.view()), "\x01");
}

TEST(Bytes, RefusesToReadPastTheEnd) {
    EXPECT_TRUE(refuses("abc", [](ByteReader& reader) { reader.u32(); }));
    EXPECT_TRUE(refuses("abc", [](ByteReader& reader) { reader.bytes(UINT64_MAX); }));
    EXPECT_TRUE(refuses("\x04xyz", [](ByteReader& reader) { reader.counted(9); }));
}

TEST(Bytes, RefusesFieldsOverTheirLimit) {
    EXPECT_TRUE(refuses("\x03xyz", [](ByteReader& reader) { reader.counted(2); }));
    EXPECT_FALSE(refuses("\x03xyz", [](ByteReader& reader) { reader.counted(3); }));
}

TEST(Bytes, RefusesWhatIsNotExpected) {
    EXPECT_TRUE(refuses("sl", [](ByteReader& reader) { reader.expect("slip", "test"); }));
    EXPECT_TRUE(refuses("x", [](ByteReader& reader) { reader.finish("test"); }));
}

TEST(Bytes, KnowsZerosFromOtherBytes) {
    Buffer bytes(5000);
    EXPECT_TRUE(all_zero({}));
    EXPECT_TRUE(all_zero(bytes));
    for (const std::size_t at : {0, 1, 2500, 4999}) {
        bytes[at] = std::byte{1};
        EXPECT_FALSE(all_zero(bytes)) << at;
        bytes[at] = std::byte{0};
    }
}

} // namespace
} // namespace slipway
