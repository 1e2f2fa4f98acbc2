// An image as a block device shows it: whole blocks, zeros after its end, errors told and not
// thrown.
#pragma once

#include <cstdint>

#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::mount {

/// What the kernel sees of an image. The image and the reporter outlive it. Any thread.
class DeviceView {
public:
    DeviceView(const Blob& image, Reporter& reporter);

    /// 4096 where the image is whole blocks of it (EROFS always is), else 512.
    std::uint32_t block_size() const { return block_size_; }

    /// A multiple of block_size().
    std::uint64_t size() const { return size_; }

    bool contains(std::uint64_t offset, std::uint64_t length) const {
        return length <= size_ && offset <= size_ - length;
    }

    /// Fills `buffer`, a range that it contains. False if the image threw: the reporter is told.
    bool read(std::uint64_t offset, Bytes buffer) const;

private:
    const Blob& image_;
    Reporter& reporter_;
    std::uint32_t block_size_;
    std::uint64_t size_;
};

} // namespace slipway::mount
