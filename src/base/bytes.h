// Bytes: views, owned buffers, and the reading and writing of encoded integers.
//
// ByteReader takes hostile bytes: every read is checked against what is left, and
// anything that is not the one canonical encoding is refused with Fault::corrupt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;
using Buffer = std::vector<std::byte>;

/// The bytes of a text, seen in place.
ConstBytes as_bytes(std::string_view text);

/// Bytes seen in place as text.
std::string_view as_text(ConstBytes bytes);

/// A copy that owns its bytes.
Buffer to_buffer(ConstBytes bytes);

/// True if every byte is zero.
bool all_zero(ConstBytes bytes);

/// Reads an encoding front to back. Errors: Fault::corrupt.
class ByteReader {
public:
    explicit ByteReader(ConstBytes bytes) : rest_(bytes) {}

    std::size_t left() const { return rest_.size(); }

    bool at_end() const { return rest_.empty(); }

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();

    /// LEB128, at most 64 bits, shortest form only.
    std::uint64_t varint();

    /// A zigzag-coded varint.
    std::int64_t signed_varint();

    /// The next `length` bytes, seen in place.
    ConstBytes bytes(std::uint64_t length);

    /// A varint length and then that many bytes; more than `limit` of them are refused.
    ConstBytes counted(std::uint64_t limit);

    /// Refuses anything but `text` at this place; `what` names the encoding in the error.
    void expect(std::string_view text, std::string_view what);

    /// Refuses bytes left over.
    void finish(std::string_view what) const;

private:
    ConstBytes rest_;
};

/// Appends an encoding to a buffer of its own.
class ByteWriter {
public:
    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void varint(std::uint64_t value);
    void signed_varint(std::int64_t value);
    void bytes(ConstBytes data);

    void text(std::string_view data) { bytes(as_bytes(data)); }

    void counted(ConstBytes data);

    std::size_t size() const { return buffer_.size(); }

    ConstBytes view() const { return buffer_; }

    Buffer take() && { return std::move(buffer_); }

private:
    Buffer buffer_;
};

/// Little-endian integers at a place in a buffer that is known to be long enough.
std::uint64_t load_u64(ConstBytes at);
std::uint32_t load_u32(ConstBytes at);
std::uint16_t load_u16(ConstBytes at);
void store_u64(Bytes at, std::uint64_t value);
void store_u32(Bytes at, std::uint32_t value);
void store_u16(Bytes at, std::uint16_t value);

} // namespace slipway
