// Compressed files of EROFS images.
#pragma once

#include <cstdint>
#include <memory>

#include "formats/images/erofs_format.h"
#include "formats/images/image_reader.h"

namespace slipway::formats {

/// Reads what the image says of its compressions once, then opens files.
class ErofsUnpacker {
public:
    struct File {
        std::uint64_t size = 0;
        std::uint64_t behind = 0; ///< where the image goes on after its inode
        bool is_compact = false;  ///< the form of its index
    };

    /// How the bytes of an extent are stored.
    enum class Method : std::uint8_t { plain, lz4, lzma };

    /// A run of a file, from `start` to where the next one begins.
    struct Extent {
        std::uint64_t start = 0;
        std::uint64_t place = 0;
        std::uint64_t stored_bytes = 0;
        Method method = Method::plain;
    };

    /// `image` outlives it.
    ErofsUnpacker(const Blob& image, const erofs::Superblock& superblock);

    /// It outlives the file. Throws Fault::refused for what is not known.
    std::unique_ptr<ImageFile> open(const File& file) const;

    /// Unpacks the first bytes of an extent, as many as `to` has. Any thread.
    void unpack(const Extent& extent, Bytes to) const;

private:
    void read_settings();
    void unpack_lzma(ConstBytes packed, Bytes to) const;

    const Blob& image_;
    erofs::Superblock superblock_;
    std::uint32_t lzma_dictionary_bytes_ = 0;
};

} // namespace slipway::formats
