// The tar format, below members: blocks, header fields and PAX records (POSIX.1-2017, pax).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "tree/objects.h"

namespace slipway::formats {

constexpr std::size_t tar_block = 512;

/// A field of a header block.
struct TarField {
    std::size_t offset = 0;
    std::size_t size = 0;
};

namespace tar_field {
constexpr TarField name{0, 100};
constexpr TarField mode{100, 8};
constexpr TarField uid{108, 8};
constexpr TarField gid{116, 8};
constexpr TarField size{124, 12};
constexpr TarField mtime{136, 12};
constexpr TarField checksum{148, 8};
constexpr TarField type{156, 1};
constexpr TarField link{157, 100};
constexpr TarField magic{257, 8};
constexpr TarField device_major{329, 8};
constexpr TarField device_minor{337, 8};
constexpr TarField prefix{345, 155};
constexpr TarField star_prefix{345, 131};
constexpr TarField star_magic{508, 4};
constexpr TarField gnu_sparse{386, 96};  // four pairs of offset and length
constexpr TarField gnu_extended{482, 1}; // more of them follow
constexpr TarField gnu_real_size{483, 12};
constexpr TarField gnu_more_sparse{0, 504}; // in a block of their own: 21 pairs
constexpr TarField gnu_more_extended{504, 1};
} // namespace tar_field

/// The bytes of a field; as text, up to its first NUL.
ConstBytes field_bytes(ConstBytes block, TarField field);
std::string field_text(ConstBytes block, TarField field);

/// An octal number, or a binary one with the top bit set; empty is 0. Throws Fault::corrupt.
std::int64_t field_number(ConstBytes block, TarField field);

/// True if the block is a header: its checksum, signed or unsigned, is right.
bool is_tar_header(ConstBytes block);

/// PAX records, in their order.
using PaxRecords = std::vector<std::pair<std::string, std::string>>;

/// Throws Fault::corrupt.
PaxRecords parse_pax(ConstBytes bytes);
void append_pax(std::string& to, std::string_view key, std::string_view value);

/// A decimal number that fits. Throws Fault::corrupt, naming `what`.
std::uint64_t parse_decimal(std::string_view text, std::string_view what);

/// "-1.5" is half a second before -1. Throws Fault::corrupt. Digits beyond nanoseconds are dropped.
tree::Time parse_pax_time(std::string_view text);
std::string pax_time(const tree::Time& time);

/// The names of extended attributes as keys spell them: '=' is "%3D", and '%' "%25".
std::string encode_xattr_name(std::string_view name);
std::string decode_xattr_name(std::string_view key);

/// Of LIBARCHIVE.xattr records: percent escapes and base 64. Throws Fault::corrupt.
std::string decode_percent(std::string_view text);
std::string decode_base64(std::string_view text);

} // namespace slipway::formats
