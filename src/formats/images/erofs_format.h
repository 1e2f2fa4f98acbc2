// The records of EROFS, as images of any maker have them.
//
// Source: the Linux kernel's fs/erofs/erofs_fs.h. Parsers of hostile bytes: Fault::corrupt.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "tree/objects.h"

namespace slipway::formats::erofs {

constexpr std::uint64_t superblock_offset = 1024;
constexpr std::uint64_t superblock_bytes = 128;
constexpr std::uint64_t slot_bytes = 32; ///< inodes are numbered in these
constexpr std::size_t dirent_bytes = 12;
constexpr std::uint32_t no_block = 0xffffffff;

/// Incompatible features. Two meanings share a bit where it does not matter to a reader.
enum Feature : std::uint32_t {
    zero_padding = 0x01, ///< compressed blocks are filled up at their beginning
    compression_settings = 0x02,
    chunks = 0x04,
    device_table = 0x08, ///< or a second compression
    packed_tails = 0x10,
    fragments = 0x20, ///< or payload that is shared by parts
    known_features = 0x3f,
};

struct Superblock {
    std::uint32_t block_bytes = 0;
    std::uint32_t features = 0;
    std::uint64_t root = 0; ///< a slot
    tree::Time build_time;  ///< of inodes in the short form
    std::uint64_t metadata_offset = 0;
    std::uint64_t xattrs_offset = 0;
    std::uint16_t compressions = 0; ///< bits
    std::uint16_t devices = 0;
    std::uint64_t settings_offset = 0; ///< of compressions
};

/// Takes the superblock_bytes at superblock_offset. Throws Fault::refused for unknown features.
Superblock parse_superblock(ConstBytes bytes);

enum class DataLayout : std::uint8_t {
    plain = 0,
    compressed = 1,
    tail_inline = 2,
    compressed_compact = 3,
    chunked = 4,
};

struct Inode {
    DataLayout layout = DataLayout::plain;
    std::uint32_t head_bytes = 0; ///< of the inode itself
    std::uint32_t xattr_bytes = 0;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;
    std::uint32_t detail = 0; ///< a block, a device, a format of chunks
    tree::Time mtime;
};

constexpr std::size_t short_inode_bytes = 32;
constexpr std::size_t long_inode_bytes = 64;

/// Takes long_inode_bytes, or fewer at the end of the image.
Inode parse_inode(ConstBytes bytes, const Superblock& superblock);

} // namespace slipway::formats::erofs
