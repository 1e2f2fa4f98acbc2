// Files of an image whose payload lies in it as it is.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// A file made of runs of an image; what lies between them is zeros.
class RunFile final : public ImageFile {
public:
    struct Run {
        std::uint64_t offset = 0; ///< in the file
        std::uint64_t length = 0;
        std::uint64_t place = 0; ///< in the image
    };

    /// `runs` are in order, apart from each other. What lies beyond `size` is left out. Throws
    /// Fault::corrupt if a run is not within `image`, which outlives this.
    RunFile(const Blob& image, std::uint64_t size, std::vector<Run> runs);

    std::uint64_t size() const override { return size_; }

    void read_at(std::uint64_t offset, Bytes buffer) const override;
    std::uint64_t data_from(std::uint64_t offset) const override;

private:
    /// The first run that ends behind `offset`.
    std::vector<Run>::const_iterator run_at(std::uint64_t offset) const;

    const Blob& image_;
    std::uint64_t size_;
    std::vector<Run> runs_;
};

/// A file whose bytes are at hand.
class MemoryFile final : public ImageFile {
public:
    explicit MemoryFile(Buffer bytes) : blob_(std::move(bytes)) {}

    std::uint64_t size() const override { return blob_.size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        blob_.read_at(offset, buffer);
    }

private:
    MemoryBlob blob_;
};

} // namespace slipway::formats
