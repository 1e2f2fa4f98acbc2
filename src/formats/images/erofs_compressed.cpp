#include "formats/images/erofs_compressed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <lz4.h>
#include <lzma.h>

#include "base/error.h"
#include "formats/images/block_cache.h"
#include "formats/images/erofs_index.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t largest_extent = 16ULL << 20U;
constexpr std::size_t cached_extents = 4;
constexpr std::uint32_t largest_dictionary = 64U << 20U;

[[noreturn]] void damaged() {
    throw Error(Fault::corrupt, "the EROFS image is damaged: a compressed extent is impossible");
}

class CompressedFile final : public ImageFile {
public:
    using Extent = ErofsUnpacker::Extent;

    CompressedFile(const ErofsUnpacker& unpacker, std::uint64_t size, std::vector<Extent> extents)
        : unpacker_(unpacker), size_(size), extents_(std::move(extents)) {}

    std::uint64_t size() const override { return size_; }

    void read_at(std::uint64_t offset, Bytes buffer) const override;

private:
    const ErofsUnpacker& unpacker_;
    std::uint64_t size_;
    std::vector<Extent> extents_;
    mutable BlockCache cache_{cached_extents};
};

void CompressedFile::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), size_);
    while (!buffer.empty()) {
        const auto next = std::ranges::upper_bound(extents_, offset, {}, &Extent::start);
        const auto& extent = *(next - 1); // the first begins at 0
        const auto end = next == extents_.end() ? size_ : next->start;
        if (end - extent.start > largest_extent) {
            damaged();
        }
        const auto within = static_cast<std::size_t>(offset - extent.start);
        const auto part = buffer.first(std::min<std::uint64_t>(buffer.size(), end - offset));
        const auto make = [&] {
            Buffer bytes(end - extent.start);
            unpacker_.unpack(extent, bytes);
            return bytes;
        };
        cache_.read(static_cast<std::uint64_t>(&extent - extents_.data()), make, within, part);
        buffer = buffer.subspan(part.size());
        offset += part.size();
    }
}

} // namespace

ErofsUnpacker::ErofsUnpacker(const Blob& image, const erofs::Superblock& superblock)
    : image_(image), superblock_(superblock) {
    if ((superblock.features & erofs::compression_settings) != 0) {
        read_settings();
    }
}

/// For each method that the image uses: a length, and so many bytes about it.
void ErofsUnpacker::read_settings() {
    constexpr unsigned methods = 16;
    constexpr unsigned lzma_method = 1;
    auto at = superblock_.settings_offset;
    for (unsigned method = 0; method < methods; ++method) {
        if ((superblock_.compressions >> method & 1U) == 0) {
            continue;
        }
        if (at + 6 > image_.size()) {
            damaged();
        }
        Buffer settings(6);
        image_.read_at(at, settings);
        const auto size = load_u16(settings);
        if (method == lzma_method && size >= 4) {
            lzma_dictionary_bytes_ = load_u32(ConstBytes(settings).subspan(2));
        }
        at += 2U + size;
    }
}

std::unique_ptr<ImageFile> ErofsUnpacker::open(const File& file) const {
    return std::make_unique<CompressedFile>(
        *this, file.size, read_erofs_index(image_, superblock_, file)
    );
}

void ErofsUnpacker::unpack_lzma(ConstBytes packed, Bytes to) const {
    if (lzma_dictionary_bytes_ == 0 || lzma_dictionary_bytes_ > largest_dictionary) {
        damaged();
    }
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_microlzma_decoder(&stream, packed.size(), to.size(), false, lzma_dictionary_bytes_) !=
        LZMA_OK) {
        throw Error(Fault::unavailable, "no memory to unpack the EROFS image");
    }
    stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream.avail_in = packed.size();
    stream.next_out = reinterpret_cast<std::uint8_t*>(to.data());
    stream.avail_out = to.size();
    const auto result = lzma_code(&stream, LZMA_FINISH);
    const auto left = stream.avail_out;
    lzma_end(&stream);
    if (left != 0 || (result != LZMA_OK && result != LZMA_STREAM_END)) {
        damaged();
    }
}

void ErofsUnpacker::unpack(const Extent& extent, Bytes to) const {
    if (extent.place > image_.size() || extent.stored_bytes > largest_extent ||
        extent.stored_bytes > image_.size() - extent.place) {
        damaged();
    }
    if (extent.method == Method::plain) {
        if (to.size() > extent.stored_bytes) {
            damaged();
        }
        image_.read_at(extent.place, to);
        return;
    }
    Buffer stored(extent.stored_bytes);
    image_.read_at(extent.place, stored);
    ConstBytes packed(stored);
    if ((superblock_.features & erofs::zero_padding) != 0) {
        const auto first =
            std::ranges::find_if(packed, [](std::byte byte) { return byte != std::byte{0}; });
        packed = packed.subspan(static_cast<std::size_t>(first - packed.begin()));
    }
    if (extent.method == Method::lzma) {
        unpack_lzma(packed, to);
        return;
    }
    const auto size = static_cast<int>(to.size());
    const auto count = LZ4_decompress_safe_partial(
        reinterpret_cast<const char*>(packed.data()),
        reinterpret_cast<char*>(to.data()),
        static_cast<int>(packed.size()),
        size,
        size
    );
    if (count != size) {
        damaged();
    }
}

} // namespace slipway::formats
