#include "formats/images/erofs_format.h"

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::formats::erofs {

namespace {

[[noreturn]] void damaged(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the EROFS image is damaged: {}", what));
}

} // namespace

Superblock parse_superblock(ConstBytes bytes) {
    if (bytes.size() < superblock_bytes || load_u32(bytes) != 0xe0f5e1e2) {
        damaged("it has no superblock");
    }
    const auto block_bits = std::to_integer<unsigned>(bytes[12]);
    constexpr unsigned smallest = 9;
    constexpr unsigned largest = 16;
    if (block_bits < smallest || block_bits > largest) {
        damaged("its block size is impossible");
    }
    Superblock superblock;
    superblock.block_bytes = 1U << block_bits;
    superblock.root = load_u16(bytes.subspan(14));
    superblock.build_time.seconds = static_cast<std::int64_t>(load_u64(bytes.subspan(24)));
    superblock.build_time.nanoseconds = load_u32(bytes.subspan(32));
    superblock.metadata_offset =
        std::uint64_t{load_u32(bytes.subspan(40))} * superblock.block_bytes;
    superblock.xattrs_offset = std::uint64_t{load_u32(bytes.subspan(44))} * superblock.block_bytes;
    superblock.features = load_u32(bytes.subspan(80));
    superblock.compressions = load_u16(bytes.subspan(84));
    superblock.devices = load_u16(bytes.subspan(86));
    constexpr std::uint64_t slot = 16;
    superblock.settings_offset =
        superblock_offset + superblock_bytes + std::to_integer<unsigned>(bytes[13]) * slot;
    if ((superblock.features & ~std::uint32_t{known_features}) != 0 || superblock.devices != 0) {
        throw Error(Fault::refused, "the EROFS image has features that are not known here")
            .hint("mount it and import the directory");
    }
    return superblock;
}

Inode parse_inode(ConstBytes bytes, const Superblock& superblock) {
    if (bytes.size() < short_inode_bytes) {
        damaged("an inode is cut off");
    }
    const auto format = load_u16(bytes);
    const auto is_long = (format & 1U) != 0;
    const auto layout = (format >> 1U) & 7U;
    if (layout > static_cast<unsigned>(DataLayout::chunked) ||
        (is_long && bytes.size() < long_inode_bytes)) {
        damaged("an inode is impossible");
    }
    Inode inode;
    inode.layout = static_cast<DataLayout>(layout);
    inode.head_bytes = is_long ? long_inode_bytes : short_inode_bytes;
    const auto xattr_count = load_u16(bytes.subspan(2));
    constexpr std::uint32_t xattr_header = 12;
    inode.xattr_bytes = xattr_count == 0 ? 0 : xattr_header + 4U * (xattr_count - 1U);
    inode.mode = load_u16(bytes.subspan(4));
    inode.size = is_long ? load_u64(bytes.subspan(8)) : load_u32(bytes.subspan(8));
    inode.detail = load_u32(bytes.subspan(16));
    if (is_long) {
        inode.uid = load_u32(bytes.subspan(24));
        inode.gid = load_u32(bytes.subspan(28));
        inode.mtime.seconds = static_cast<std::int64_t>(load_u64(bytes.subspan(32)));
        inode.mtime.nanoseconds = load_u32(bytes.subspan(40));
    } else {
        inode.uid = load_u16(bytes.subspan(24));
        inode.gid = load_u16(bytes.subspan(26));
        inode.mtime = superblock.build_time;
    }
    constexpr std::uint32_t second = 1'000'000'000;
    if (inode.size > tree::largest_file || inode.mtime.nanoseconds >= second) {
        damaged("an inode is impossible");
    }
    return inode;
}

} // namespace slipway::formats::erofs
