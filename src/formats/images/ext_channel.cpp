#include "formats/images/ext_channel.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/images/ext_library.h"
#include "tree/objects.h"

namespace slipway::formats {

namespace {

thread_local ExtChannel* channel_to_open = nullptr; // for the library's open(), which takes a name

errcode_t open_channel(const char* name, int /*flags*/, io_channel* made);
errcode_t close_channel(io_channel channel);
errcode_t read_blocks(io_channel channel, unsigned long long block, int count, void* data) noexcept;

struct_io_manager make_manager() {
    struct_io_manager manager{};
    manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
    manager.name = "Blob";
    manager.open = open_channel;
    manager.close = close_channel;
    manager.set_blksize = [](io_channel channel, int size) -> errcode_t {
        channel->block_size = size;
        return 0;
    };
    manager.read_blk = [](io_channel channel, unsigned long block, int count, void* data) {
        return read_blocks(channel, block, count, data);
    };
    manager.read_blk64 = read_blocks;
    manager.write_blk = [](io_channel, unsigned long, int, const void*) -> errcode_t {
        return EXT2_ET_RO_FILSYS;
    };
    manager.write_blk64 = [](io_channel, unsigned long long, int, const void*) -> errcode_t {
        return EXT2_ET_RO_FILSYS;
    };
    manager.flush = [](io_channel) -> errcode_t { return 0; };
    return manager;
}

struct_io_manager blob_manager = make_manager();

errcode_t open_channel(const char* name, int /*flags*/, io_channel* made) {
    io_channel channel = nullptr;
    const auto error = ext2fs_get_memzero(sizeof(struct_io_channel), &channel);
    if (error != 0) {
        return error;
    }
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &blob_manager;
    channel->block_size = 1024;
    channel->refcount = 1;
    channel->private_data = channel_to_open;
    const auto size = std::strlen(name) + 1;
    if (ext2fs_get_mem(size, &channel->name) == 0) {
        std::memcpy(channel->name, name, size);
    }
    *made = channel;
    return 0;
}

errcode_t close_channel(io_channel channel) {
    if (--channel->refcount == 0) {
        ext2fs_free_mem(&channel->name);
        ext2fs_free_mem(&channel);
    }
    return 0;
}

/// `count` blocks, or -count bytes.
errcode_t
read_blocks(io_channel channel, unsigned long long block, int count, void* data) noexcept {
    auto& state = *static_cast<ExtChannel*>(channel->private_data);
    const auto block_size = static_cast<std::uint64_t>(channel->block_size);
    const auto size = count < 0 ? static_cast<std::uint64_t>(-std::int64_t{count})
                                : static_cast<std::uint64_t>(count) * block_size;
    if (block > tree::largest_file / block_size) {
        return EXT2_ET_SHORT_READ;
    }
    const auto is_read = state.read(block * block_size, {static_cast<std::byte*>(data), size});
    return is_read ? 0 : EXT2_ET_SHORT_READ;
}

} // namespace

void damaged_ext(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the ext image is damaged: {}", what))
        .hint("run e2fsck -f on a copy of it");
}

long ExtChannel::open(struct_ext2_filsys** filesystem) {
    channel_to_open = this;
    const auto result = ext2fs_open2(
        "image", nullptr, EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0, &blob_manager, filesystem
    );
    channel_to_open = nullptr;
    return result;
}

bool ExtChannel::read(std::uint64_t offset, Bytes to) noexcept {
    if (offset > image_.size() || to.size() > image_.size() - offset) {
        return false;
    }
    try {
        image_.read_at(offset, to);
        return true;
    } catch (...) {
        error_ = std::current_exception();
        return false;
    }
}

void ExtChannel::check(long result, std::string_view what) {
    if (error_) {
        std::rethrow_exception(std::exchange(error_, nullptr));
    }
    if (result != 0) {
        damaged_ext(what);
    }
}

} // namespace slipway::formats
