#include "formats/images/ext_runs.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

namespace slipway::formats {

namespace {

using Runs = std::vector<RunFile::Run>;

struct FreeExtents {
    void operator()(ext2_extent_handle* handle) const { ext2fs_extent_free(handle); }
};

Runs extents(ExtChannel& channel, ext2_filsys fs, ext2_ino_t id, ext2_inode_large& inode) {
    Runs runs;
    const auto problem = fmt::format("the extents of inode {} are damaged", id);
    ext2_extent_handle_t opened = nullptr;
    channel.check(
        ext2fs_extent_open2(fs, id, reinterpret_cast<ext2_inode*>(&inode), &opened), problem
    );
    const std::unique_ptr<ext2_extent_handle, FreeExtents> handle(opened);
    const std::uint64_t block_size = fs->blocksize;
    ext2fs_extent extent{};
    std::uint64_t end = 0;
    auto result = ext2fs_extent_get(opened, EXT2_EXTENT_ROOT, &extent);
    while (result == 0) {
        // Inner nodes are met on the way down and, a second time, on the way up.
        if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0) {
            if (extent.e_lblk < end || extent.e_len == 0) {
                damaged_ext(problem);
            }
            end = extent.e_lblk + extent.e_len;
            if ((extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) == 0) {
                runs.push_back(
                    {extent.e_lblk * block_size,
                     extent.e_len * block_size,
                     extent.e_pblk * block_size}
                );
            }
        }
        result = ext2fs_extent_get(opened, EXT2_EXTENT_NEXT, &extent);
    }
    const auto is_end = result == EXT2_ET_EXTENT_NO_NEXT || result == EXT2_ET_NO_CURRENT_NODE;
    channel.check(is_end ? 0 : result, problem);
    return runs;
}

/// Of ext2 and ext3, which list every block.
Runs mapped_blocks(ExtChannel& channel, ext2_filsys fs, ext2_ino_t id) {
    struct Blocks {
        Runs runs;
        std::uint64_t block_size = 0;
        std::uint64_t left = 0; // as many as there can be
    };

    Collected<Blocks> found;
    found.value.block_size = fs->blocksize;
    found.value.left = ext2fs_blocks_count(fs->super);
    const auto take = [](ext2_filsys, blk64_t* block, e2_blkcnt_t at, blk64_t, int, void* to) {
        return static_cast<decltype(found)*>(to)->add(
            [&](Blocks& blocks) {
                if (at < 0) {
                    return;
                }
                if (blocks.left-- == 0) {
                    damaged_ext("a file has more blocks than there are");
                }
                const auto offset = static_cast<std::uint64_t>(at) * blocks.block_size;
                const auto place = *block * blocks.block_size;
                auto& runs = blocks.runs;
                if (!runs.empty() && runs.back().offset + runs.back().length == offset &&
                    runs.back().place + runs.back().length == place) {
                    runs.back().length += blocks.block_size;
                } else {
                    runs.push_back({offset, blocks.block_size, place});
                }
            },
            BLOCK_ABORT
        );
    };
    channel.check(
        ext2fs_block_iterate3(fs, id, BLOCK_FLAG_READ_ONLY, nullptr, take, &found),
        fmt::format("the blocks of inode {} cannot be read", id)
    );
    return found.take().runs;
}

} // namespace

std::vector<RunFile::Run>
ext_runs(ExtChannel& channel, ext2_filsys filesystem, ext2_ino_t number, ext2_inode_large& inode) {
    return (inode.i_flags & EXT4_EXTENTS_FL) != 0 ? extents(channel, filesystem, number, inode)
                                                  : mapped_blocks(channel, filesystem, number);
}

} // namespace slipway::formats
