#include "mount/device_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::mount {

namespace {

constexpr std::uint32_t page_size = 4096;
constexpr std::uint32_t sector_size = 512;

} // namespace

DeviceView::DeviceView(const Blob& image, Reporter& reporter)
    : image_(image), reporter_(reporter),
      block_size_(image.size() % page_size == 0 ? page_size : sector_size),
      size_((image.size() + block_size_ - 1) / block_size_ * block_size_) {
    if (size_ == 0) {
        throw Error(Fault::usage, "an empty image cannot become a block device");
    }
}

bool DeviceView::read(std::uint64_t offset, Bytes buffer) const {
    const auto held = offset < image_.size() ? image_.size() - offset : 0;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), held));
    try {
        if (length > 0) {
            image_.read_at(offset, buffer.first(length));
        }
    } catch (const std::exception& error) {
        reporter_.notice(
            fmt::format("cannot read {} bytes of the image at {}: {}", length, offset, error.what())
        );
        return false;
    }
    std::ranges::fill(buffer.subspan(length), std::byte{0});
    return true;
}

} // namespace slipway::mount
