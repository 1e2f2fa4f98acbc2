#include "formats/images/squashfs_data.h"

#include <algorithm>
#include <utility>

#include <sqfs/block.h>
#include <sqfs/compressor.h>

#include "base/error.h"

namespace slipway::formats {

namespace {

constexpr std::size_t fragment_cache_bytes = 32U << 20U;

[[noreturn]] void damaged() {
    throw Error(Fault::corrupt, "a data block of the squashfs image is damaged");
}

} // namespace

void FreeCompressor::operator()(sqfs_compressor_t* compressor) const {
    sqfs_destroy(compressor);
}

SquashfsData::SquashfsData(
    const Blob& image,
    std::uint32_t block_bytes,
    std::vector<Place> fragments,
    std::function<Compressor()> make_compressor
)
    : image_(image), block_bytes_(block_bytes), fragments_(std::move(fragments)),
      make_compressor_(std::move(make_compressor)), cache_(fragment_cache_bytes / block_bytes) {}

Compressor SquashfsData::take_compressor() const {
    {
        const auto idle = idle_.lock();
        if (!idle->empty()) {
            auto compressor = std::move(idle->back());
            idle->pop_back();
            return compressor;
        }
    }
    return make_compressor_();
}

/// Returns how much the block holds, at most as much as `to`.
std::size_t SquashfsData::unpack(const Place& place, Bytes to) const {
    const auto stored = SQFS_ON_DISK_BLOCK_SIZE(place.size);
    if (stored > block_bytes_ || place.offset > image_.size() ||
        stored > image_.size() - place.offset) {
        damaged();
    }
    if (!SQFS_IS_BLOCK_COMPRESSED(place.size)) {
        if (stored > to.size()) {
            damaged();
        }
        image_.read_at(place.offset, to.first(stored));
        return stored;
    }
    Buffer packed(stored);
    image_.read_at(place.offset, packed);
    auto compressor = take_compressor();
    const auto count = compressor->do_block(
        compressor.get(),
        reinterpret_cast<const sqfs_u8*>(packed.data()),
        stored,
        reinterpret_cast<sqfs_u8*>(to.data()),
        static_cast<sqfs_u32>(to.size())
    );
    idle_.lock()->push_back(std::move(compressor));
    if (count <= 0 || static_cast<std::size_t>(count) > to.size()) {
        damaged();
    }
    return static_cast<std::size_t>(count);
}

void SquashfsData::read_block(const Place& place, Bytes to) const {
    if (unpack(place, to) != to.size()) {
        damaged();
    }
}

void SquashfsData::read_fragment(std::uint32_t index, std::size_t offset, Bytes to) const {
    if (index >= fragments_.size()) {
        damaged();
    }
    const auto make = [&] {
        Buffer block(block_bytes_);
        block.resize(unpack(fragments_[index], block));
        return block;
    };
    cache_.read(index, make, offset, to);
}

SquashfsFile::SquashfsFile(const SquashfsData& data, Layout layout)
    : data_(data), layout_(std::move(layout)) {
    offsets_.reserve(layout_.blocks.size());
    auto at = layout_.start;
    for (const auto size : layout_.blocks) {
        offsets_.push_back(at);
        at += SQFS_ON_DISK_BLOCK_SIZE(size);
    }
}

/// Fills `to`, which lies within the block.
void SquashfsFile::read_in_block(std::size_t index, std::size_t offset, Bytes to) const {
    if (index >= layout_.blocks.size()) {
        if (!layout_.has_fragment || index > layout_.blocks.size()) {
            damaged();
        }
        data_.read_fragment(layout_.fragment, layout_.fragment_offset + offset, to);
        return;
    }
    if (SQFS_IS_SPARSE_BLOCK(layout_.blocks[index])) {
        std::ranges::fill(to, std::byte{0});
        return;
    }
    const auto start = std::uint64_t{index} * data_.block_bytes();
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(data_.block_bytes(), layout_.size - start)
        );
    const SquashfsData::Place place{offsets_[index], layout_.blocks[index]};
    if (to.size() == length) {
        data_.read_block(place, to);
        return;
    }
    Buffer block(length);
    data_.read_block(place, block);
    std::ranges::copy(ConstBytes(block).subspan(offset, to.size()), to.begin());
}

void SquashfsFile::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), layout_.size);
    const auto block_bytes = data_.block_bytes();
    while (!buffer.empty()) {
        const auto index = static_cast<std::size_t>(offset / block_bytes);
        const auto within = static_cast<std::size_t>(offset % block_bytes);
        const auto part = buffer.first(std::min<std::size_t>(buffer.size(), block_bytes - within));
        read_in_block(index, within, part);
        buffer = buffer.subspan(part.size());
        offset += part.size();
    }
}

std::uint64_t SquashfsFile::data_from(std::uint64_t offset) const {
    const auto block_bytes = data_.block_bytes();
    auto index = static_cast<std::size_t>(offset / block_bytes);
    if (index >= layout_.blocks.size() || !SQFS_IS_SPARSE_BLOCK(layout_.blocks[index])) {
        return offset;
    }
    while (index < layout_.blocks.size() && SQFS_IS_SPARSE_BLOCK(layout_.blocks[index])) {
        ++index;
    }
    return std::min(std::uint64_t{index} * block_bytes, layout_.size);
}

} // namespace slipway::formats
