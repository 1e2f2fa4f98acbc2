#include "trust/wire.h"

#include <fmt/format.h>

namespace slipway::trust {

namespace {

constexpr unsigned bits_of_byte = 8;

template <typename Integer>
Integer load_big_endian(ConstBytes bytes) {
    Integer value = 0;
    for (const auto byte : bytes) {
        value = static_cast<Integer>(value << bits_of_byte) | std::to_integer<Integer>(byte);
    }
    return value;
}

bool is_negative(ConstBytes number) {
    return !number.empty() && (number[0] & std::byte{0x80}) != std::byte{0};
}

} // namespace

Error WireReader::wrong(std::string_view how) const {
    return {Fault::corrupt, fmt::format("{} {}", what_, how)};
}

ConstBytes WireReader::bytes(std::size_t length) {
    if (length > rest_.size()) {
        throw wrong(fmt::format("ends early: {} bytes needed, {} left", length, rest_.size()));
    }
    const auto taken = rest_.first(length);
    rest_ = rest_.subspan(length);
    return taken;
}

std::uint8_t WireReader::u8() {
    return std::to_integer<std::uint8_t>(bytes(1)[0]);
}

std::uint32_t WireReader::u32() {
    return load_big_endian<std::uint32_t>(bytes(sizeof(std::uint32_t)));
}

std::uint64_t WireReader::u64() {
    return load_big_endian<std::uint64_t>(bytes(sizeof(std::uint64_t)));
}

ConstBytes WireReader::string() {
    return bytes(u32());
}

std::string_view WireReader::text() {
    const auto text = as_text(string());
    if (text.find('\0') != std::string_view::npos) {
        throw wrong("has a NUL in a text");
    }
    return text;
}

ConstBytes WireReader::positive_number() {
    auto number = string();
    if (number.empty() || is_negative(number)) {
        throw wrong("has a number that is not above zero");
    }
    if (number[0] == std::byte{0}) {
        number = number.subspan(1);
        if (!is_negative(number)) {
            throw wrong("has a number with a zero too many");
        }
    }
    return number;
}

void WireReader::finish() const {
    if (!at_end()) {
        throw wrong(fmt::format("has {} bytes too many", left()));
    }
}

void WireWriter::u32(std::uint32_t value) {
    for (unsigned shift = 4 * bits_of_byte; shift != 0;) {
        shift -= bits_of_byte;
        u8(static_cast<std::uint8_t>(value >> shift));
    }
}

void WireWriter::u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> (4 * bits_of_byte)));
    u32(static_cast<std::uint32_t>(value));
}

void WireWriter::bytes(ConstBytes data) {
    buffer_.insert(buffer_.end(), data.begin(), data.end());
}

void WireWriter::string(ConstBytes data) {
    u32(static_cast<std::uint32_t>(data.size()));
    bytes(data);
}

void WireWriter::number(ConstBytes magnitude) {
    while (!magnitude.empty() && magnitude[0] == std::byte{0}) {
        magnitude = magnitude.subspan(1);
    }
    u32(static_cast<std::uint32_t>(magnitude.size() + (is_negative(magnitude) ? 1 : 0)));
    if (is_negative(magnitude)) {
        u8(0);
    }
    bytes(magnitude);
}

} // namespace slipway::trust
