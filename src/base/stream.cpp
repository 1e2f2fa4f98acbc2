#include "base/stream.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway {

void MemoryBlob::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), bytes_->size());
    std::copy_n(
        bytes_->begin() + static_cast<std::ptrdiff_t>(offset), buffer.size(), buffer.begin()
    );
}

std::size_t MemorySource::read(Bytes buffer) {
    const auto taken = rest_.first(std::min(buffer.size(), rest_.size()));
    std::copy(taken.begin(), taken.end(), buffer.begin());
    rest_ = rest_.subspan(taken.size());
    return taken.size();
}

std::size_t BlobSource::read(Bytes buffer) {
    const auto length = std::min<std::uint64_t>(buffer.size(), blob_.size() - position_);
    blob_.read_at(position_, buffer.first(length));
    position_ += length;
    return length;
}

Buffer read_all(const Blob& blob, std::uint64_t limit) {
    if (blob.size() > limit) {
        throw Error(
            Fault::corrupt,
            fmt::format("{} bytes are more than the limit of {}", blob.size(), limit)
        );
    }
    Buffer bytes(blob.size());
    blob.read_at(0, bytes);
    return bytes;
}

std::size_t read_fully(Source& source, Bytes buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const auto count = source.read(buffer.subspan(filled));
        if (count == 0) {
            break;
        }
        filled += count;
    }
    return filled;
}

void check_range(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
    if (offset > size || length > size - offset) {
        throw Error(
            Fault::usage, fmt::format("range {}+{} reaches past the end {}", offset, length, size)
        );
    }
}

} // namespace slipway
