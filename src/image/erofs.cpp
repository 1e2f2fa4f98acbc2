#include "image/erofs.h"

#include <algorithm>

#include "image/crc32c.h"

namespace slipway::image::erofs {

namespace {

constexpr std::uint32_t magic = 0xE0F5E1E2;
constexpr std::uint32_t compatible_checksum = 1;
constexpr std::uint32_t compatible_mtime = 2;
constexpr std::uint8_t block_bits = 12;
constexpr std::size_t checksum_field = 4;

constexpr std::uint16_t extended_inode = 1;
constexpr unsigned layout_shift = 1;

/// The header of 12 bytes counts as one, every 4 further bytes as one more.
std::uint16_t xattr_count_field(std::uint32_t bytes) {
    return static_cast<std::uint16_t>(bytes == 0 ? 0 : 1 + (bytes - 12) / 4);
}

} // namespace

void write(Bytes at, const Superblock& superblock) {
    store_u32(at, magic);
    store_u32(at.subspan(8), compatible_checksum | compatible_mtime);
    at[12] = std::byte{block_bits};
    store_u16(at.subspan(14), superblock.root_nid);
    store_u64(at.subspan(16), superblock.inodes);
    store_u64(at.subspan(24), static_cast<std::uint64_t>(superblock.build_seconds));
    store_u32(at.subspan(32), superblock.build_nanoseconds);
    store_u32(at.subspan(36), superblock.blocks);
    store_u32(at.subspan(44), superblock.xattr_block);
    std::ranges::copy(std::as_bytes(std::span(superblock.uuid)), at.subspan(48).begin());
}

void write(Bytes at, const InodeRecord& inode) {
    const auto layout = static_cast<std::uint16_t>(inode.layout);
    store_u16(at, static_cast<std::uint16_t>(extended_inode | (layout << layout_shift)));
    store_u16(at.subspan(2), xattr_count_field(inode.xattr_bytes));
    store_u16(at.subspan(4), static_cast<std::uint16_t>(inode.mode));
    store_u64(at.subspan(8), inode.size);
    store_u32(at.subspan(16), inode.block_or_device);
    store_u32(at.subspan(20), inode.number);
    store_u32(at.subspan(24), inode.uid);
    store_u32(at.subspan(28), inode.gid);
    store_u64(at.subspan(32), static_cast<std::uint64_t>(inode.mtime_seconds));
    store_u32(at.subspan(40), inode.mtime_nanoseconds);
    store_u32(at.subspan(44), inode.links);
}

void write_dirent(Bytes at, std::uint64_t nid, std::uint16_t name_offset, FileType type) {
    store_u64(at, nid);
    store_u16(at.subspan(8), name_offset);
    at[10] = static_cast<std::byte>(type);
}

void seal(Bytes first_block) {
    const auto covered = first_block.subspan(superblock_offset);
    store_u32(covered.subspan(checksum_field), 0);
    store_u32(covered.subspan(checksum_field), crc32c(covered));
}

std::uint32_t encode_device(std::uint32_t major, std::uint32_t minor) {
    return (minor & 0xFFU) | (major << 8U) | ((minor & ~0xFFU) << 12U);
}

} // namespace slipway::image::erofs
