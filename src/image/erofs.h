// The records of EROFS that an image uses, and how they are written.
//
// Source: the Linux kernel's fs/erofs/erofs_fs.h. Little-endian; the few fields that are missing
// here are zero in an image (docs/format/image.md).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace slipway::image::erofs {

constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t superblock_offset = 1024;
constexpr std::uint64_t superblock_bytes = 128;
constexpr std::uint64_t inode_bytes = 64; ///< the extended form
constexpr std::uint64_t nid_bytes = 32;   ///< an inode's number is its offset in these
constexpr std::uint64_t dirent_bytes = 12;
constexpr std::uint64_t most_blocks = 0xFFFFFFFE; ///< block numbers have 32 bits; all ones: none
constexpr std::uint64_t largest_file = most_blocks * block_bytes;

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

constexpr std::uint64_t blocks_of(std::uint64_t bytes) {
    return bytes / block_bytes + (bytes % block_bytes != 0 ? 1 : 0);
}

/// The type of a directory entry.
enum class FileType : std::uint8_t {
    regular = 1,
    directory = 2,
    character_device = 3,
    block_device = 4,
    fifo = 5,
    socket = 6,
    symlink = 7,
};

/// Where an inode's content lies: whole in blocks of its own, or with its last, unfilled block
/// right after the inode and its extended attributes.
enum class DataLayout : std::uint16_t { flat_plain = 0, flat_inline = 2 };

struct Superblock {
    std::uint16_t root_nid = 0;
    std::uint64_t inodes = 0;
    std::int64_t build_seconds = 0;
    std::uint32_t build_nanoseconds = 0;
    std::uint32_t blocks = 0;
    std::uint32_t xattr_block = 0; ///< where the shared extended attributes begin
    std::array<std::uint8_t, 16> uuid{};
};

struct InodeRecord {
    DataLayout layout = DataLayout::flat_plain;
    std::uint32_t xattr_bytes = 0; ///< 0, or more than 12 and a multiple of 4
    std::uint32_t mode = 0;        ///< with the type
    std::uint64_t size = 0;
    std::uint32_t block_or_device = 0;
    std::uint32_t number = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t links = 0;
};

/// Writes at the start of `at`, which is long enough and zero.
void write(Bytes at, const Superblock& superblock);
void write(Bytes at, const InodeRecord& inode);

/// Writes a directory entry whose name lies at `name_offset` of its block.
void write_dirent(Bytes at, std::uint64_t nid, std::uint16_t name_offset, FileType type);

/// Sets the checksum in the superblock of `first_block`, the finished first block of an image.
void seal(Bytes first_block);

/// A device number as the kernel's new_encode_dev gives it.
/// Majors have 12 bits, minors 20.
constexpr std::uint32_t largest_major = 0xFFF;
constexpr std::uint32_t largest_minor = 0xFFFFF;
std::uint32_t encode_device(std::uint32_t major, std::uint32_t minor);

} // namespace slipway::image::erofs
