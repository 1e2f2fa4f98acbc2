// Blocks that cost work to make, the last used of them kept.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/stream.h"

namespace slipway::formats {

/// Any thread. While a block is kept, it is made once.
class BlockCache {
public:
    using Make = std::function<Buffer()>;

    explicit BlockCache(std::size_t most_blocks) : most_blocks_(most_blocks) {}

    /// Fills `to` from `offset` of the block of this number. Throws Fault::corrupt if it is
    /// shorter.
    void read(std::uint64_t number, const Make& make, std::size_t offset, Bytes to);

private:
    struct Block {
        bool is_made = false;
        Buffer bytes;
    };

    struct Entry {
        std::uint64_t number = 0;
        std::shared_ptr<Guarded<Block>> block;
    };

    struct State {
        std::list<Entry> entries; // the last used first
        std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places;
    };

    std::shared_ptr<Guarded<Block>> find(std::uint64_t number);

    std::size_t most_blocks_;
    Guarded<State> state_;
};

/// A Blob in front of one that is slow at small reads. Both outlive it.
class CachedBlob final : public Blob {
public:
    CachedBlob(const Blob& blob, std::size_t block_bytes, std::size_t most_blocks)
        : blob_(blob), block_bytes_(block_bytes), cache_(most_blocks) {}

    std::uint64_t size() const override { return blob_.size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override;

private:
    const Blob& blob_;
    std::size_t block_bytes_;
    mutable BlockCache cache_;
};

} // namespace slipway::formats
