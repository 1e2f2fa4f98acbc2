#include "base/bytes.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway {

static_assert(std::endian::native == std::endian::little, "slipway stores little-endian integers");

namespace {

template <typename Integer>
Integer load(ConstBytes at) {
    assert(at.size() >= sizeof(Integer));
    Integer value{};
    std::memcpy(&value, at.data(), sizeof value);
    return value;
}

template <typename Integer>
void store(Bytes at, Integer value) {
    assert(at.size() >= sizeof value);
    std::memcpy(at.data(), &value, sizeof value);
}

template <typename Integer>
void append(Buffer& buffer, Integer value) {
    const auto old_size = buffer.size();
    buffer.resize(old_size + sizeof value);
    store(Bytes(buffer).subspan(old_size), value);
}

} // namespace

ConstBytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string_view as_text(ConstBytes bytes) {
    // NOLINTNEXTLINE(*-reinterpret-cast): the one place where bytes are seen as text.
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Buffer to_buffer(ConstBytes bytes) {
    return {bytes.begin(), bytes.end()};
}

bool all_zero(ConstBytes bytes) {
    if (bytes.empty()) {
        return true;
    }
    return bytes[0] == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

ConstBytes ByteReader::bytes(std::uint64_t length) {
    if (length > rest_.size()) {
        throw Error(
            Fault::corrupt,
            fmt::format("encoding ends early: {} bytes needed, {} left", length, rest_.size())
        );
    }
    const auto taken = rest_.first(length);
    rest_ = rest_.subspan(length);
    return taken;
}

std::uint8_t ByteReader::u8() {
    return std::to_integer<std::uint8_t>(bytes(1)[0]);
}

std::uint16_t ByteReader::u16() {
    return load_u16(bytes(sizeof(std::uint16_t)));
}

std::uint32_t ByteReader::u32() {
    return load_u32(bytes(sizeof(std::uint32_t)));
}

std::uint64_t ByteReader::u64() {
    return load_u64(bytes(sizeof(std::uint64_t)));
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint64_t group = u8();
        const auto bits = group & 0x7FU;
        if (shift == 63 && bits > 1) {
            break;
        }
        value |= bits << shift;
        if ((group & 0x80U) == 0) {
            if (bits == 0 && shift != 0) {
                throw Error(Fault::corrupt, "integer is not in its shortest form");
            }
            return value;
        }
    }
    throw Error(Fault::corrupt, "integer is longer than 64 bits");
}

std::int64_t ByteReader::signed_varint() {
    const auto folded = varint();
    return static_cast<std::int64_t>((folded >> 1U) ^ (~(folded & 1U) + 1U));
}

ConstBytes ByteReader::counted(std::uint64_t limit) {
    const auto length = varint();
    if (length > limit) {
        throw Error(
            Fault::corrupt, fmt::format("field of {} bytes is over its limit of {}", length, limit)
        );
    }
    return bytes(length);
}

void ByteReader::expect(std::string_view text, std::string_view what) {
    const auto found = rest_.first(std::min(text.size(), rest_.size()));
    if (as_text(found) != text) {
        throw Error(Fault::corrupt, fmt::format("this is not a {} of a known version", what));
    }
    rest_ = rest_.subspan(text.size());
}

void ByteReader::finish(std::string_view what) const {
    if (!at_end()) {
        throw Error(Fault::corrupt, fmt::format("{} bytes follow the end of a {}", left(), what));
    }
}

void ByteWriter::u8(std::uint8_t value) {
    buffer_.push_back(std::byte{value});
}

void ByteWriter::u16(std::uint16_t value) {
    append(buffer_, value);
}

void ByteWriter::u32(std::uint32_t value) {
    append(buffer_, value);
}

void ByteWriter::u64(std::uint64_t value) {
    append(buffer_, value);
}

void ByteWriter::varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) {
        u8(static_cast<std::uint8_t>(value | 0x80U));
    }
    u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::signed_varint(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    varint((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void ByteWriter::bytes(ConstBytes data) {
    buffer_.insert(buffer_.end(), data.begin(), data.end());
}

void ByteWriter::counted(ConstBytes data) {
    varint(data.size());
    bytes(data);
}

std::uint64_t load_u64(ConstBytes at) {
    return load<std::uint64_t>(at);
}

std::uint32_t load_u32(ConstBytes at) {
    return load<std::uint32_t>(at);
}

std::uint16_t load_u16(ConstBytes at) {
    return load<std::uint16_t>(at);
}

void store_u64(Bytes at, std::uint64_t value) {
    store(at, value);
}

void store_u32(Bytes at, std::uint32_t value) {
    store(at, value);
}

void store_u16(Bytes at, std::uint16_t value) {
    store(at, value);
}

} // namespace slipway
