#include "formats/images/block_cache.h"

#include <algorithm>

#include "base/error.h"

namespace slipway::formats {

std::shared_ptr<Guarded<BlockCache::Block>> BlockCache::find(std::uint64_t number) {
    const auto state = state_.lock();
    auto& [entries, places] = *state;
    if (const auto known = places.find(number); known != places.end()) {
        entries.splice(entries.begin(), entries, known->second);
        return entries.front().block;
    }
    if (entries.size() >= most_blocks_) {
        places.erase(entries.back().number);
        entries.pop_back();
    }
    entries.push_front({number, std::make_shared<Guarded<Block>>()});
    places[number] = entries.begin();
    return entries.front().block;
}

void BlockCache::read(std::uint64_t number, const Make& make, std::size_t offset, Bytes to) {
    const auto block = find(number);
    const auto held = block->lock();
    if (!held->is_made) {
        held->bytes = make();
        held->is_made = true;
    }
    if (offset > held->bytes.size() || to.size() > held->bytes.size() - offset) {
        throw Error(Fault::corrupt, "a block of the image is shorter than what refers to it");
    }
    std::ranges::copy(ConstBytes(held->bytes).subspan(offset, to.size()), to.begin());
}

void CachedBlob::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), size());
    while (!buffer.empty()) {
        const auto number = offset / block_bytes_;
        const auto within = static_cast<std::size_t>(offset % block_bytes_);
        const auto part = buffer.first(std::min(buffer.size(), block_bytes_ - within));
        const auto make = [&] {
            const auto start = number * block_bytes_;
            Buffer block(std::min<std::uint64_t>(block_bytes_, size() - start));
            blob_.read_at(start, block);
            return block;
        };
        cache_.read(number, make, within, part);
        buffer = buffer.subspan(part.size());
        offset += part.size();
    }
}

} // namespace slipway::formats
