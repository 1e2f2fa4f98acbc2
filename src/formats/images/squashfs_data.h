// The data of a squashfs image: compressed blocks, and fragments that many small files share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "base/stream.h"
#include "formats/images/block_cache.h"
#include "formats/images/image_reader.h"

struct sqfs_compressor_t;

namespace slipway::formats {

/// How a compressor of libsquashfs goes. Each is for one thread.
struct FreeCompressor {
    void operator()(sqfs_compressor_t* compressor) const;
};

using Compressor = std::unique_ptr<sqfs_compressor_t, FreeCompressor>;

/// Reads and unpacks blocks. Any thread.
class SquashfsData {
public:
    /// Where a block lies, and how long it is there; the size says if it is compressed, as the
    /// format has it.
    struct Place {
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
    };

    SquashfsData(
        const Blob& image,
        std::uint32_t block_bytes,
        std::vector<Place> fragments,
        std::function<Compressor()> make_compressor
    );

    std::uint32_t block_bytes() const { return block_bytes_; }

    /// Unpacks a block that holds exactly as much as `to`.
    void read_block(const Place& place, Bytes to) const;

    void read_fragment(std::uint32_t index, std::size_t offset, Bytes to) const;

private:
    std::size_t unpack(const Place& place, Bytes to) const;
    Compressor take_compressor() const;

    const Blob& image_;
    std::uint32_t block_bytes_;
    std::vector<Place> fragments_;
    std::function<Compressor()> make_compressor_;
    mutable Guarded<std::vector<Compressor>> idle_;
    mutable BlockCache cache_; // of fragments
};

/// A regular file: whole blocks, and a fragment for what is left.
class SquashfsFile final : public ImageFile {
public:
    struct Layout {
        std::uint64_t size = 0;
        std::uint64_t start = 0;           ///< of its first block
        std::vector<std::uint32_t> blocks; ///< their sizes as the format has them; 0: a hole
        bool has_fragment = false;
        std::uint32_t fragment = 0;
        std::uint32_t fragment_offset = 0;
    };

    SquashfsFile(const SquashfsData& data, Layout layout);

    std::uint64_t size() const override { return layout_.size; }

    void read_at(std::uint64_t offset, Bytes buffer) const override;
    std::uint64_t data_from(std::uint64_t offset) const override;

private:
    void read_in_block(std::size_t index, std::size_t offset, Bytes to) const;

    const SquashfsData& data_;
    Layout layout_;
    std::vector<std::uint64_t> offsets_; // of the blocks
};

} // namespace slipway::formats
