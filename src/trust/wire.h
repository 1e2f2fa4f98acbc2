// The encoding of SSH (RFC 4251, section 5): big-endian integers, and strings behind their length.
//
// WireReader takes hostile bytes. Errors: Fault::corrupt.
#pragma once

#include "base/bytes.h"
#include "base/error.h"

namespace slipway::trust {

/// Reads front to back. What it returns is seen in place.
class WireReader {
public:
    /// `what` names the encoding in errors; it outlives the reader.
    WireReader(ConstBytes bytes, std::string_view what) : rest_(bytes), what_(what) {}

    bool at_end() const { return rest_.empty(); }

    std::size_t left() const { return rest_.size(); }

    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    ConstBytes bytes(std::size_t length);

    /// A string of any bytes.
    ConstBytes string();

    /// A string without NUL.
    std::string_view text();

    /// The magnitude of a number above zero, in the shortest form.
    ConstBytes positive_number();

    /// Refuses bytes left over.
    void finish() const;

    /// The Error for an encoding that is wrong in this way.
    Error wrong(std::string_view how) const;

private:
    ConstBytes rest_;
    std::string_view what_;
};

/// Appends an encoding to a buffer of its own.
class WireWriter {
public:
    void u8(std::uint8_t value) { buffer_.push_back(std::byte{value}); }

    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void bytes(ConstBytes data);
    void string(ConstBytes data);

    void string(std::string_view data) { string(as_bytes(data)); }

    void string(const char* data) { string(std::string_view(data)); }

    /// A number given as its magnitude, most significant byte first.
    void number(ConstBytes magnitude);

    ConstBytes view() const { return buffer_; }

    Buffer take() && { return std::move(buffer_); }

private:
    Buffer buffer_;
};

} // namespace slipway::trust
