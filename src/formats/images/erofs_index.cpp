#include "formats/images/erofs_index.h"

#include <algorithm>
#include <bit>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::formats {

namespace {

using Extent = ErofsUnpacker::Extent;
using Method = ErofsUnpacker::Method;

constexpr std::uint64_t header_bytes = 8;
constexpr std::uint64_t most_clusters = 1U << 26U;
constexpr std::uint32_t has_block_count = 0x800; // in the distance of the second cluster

enum Advice : std::uint16_t {
    two_byte_entries = 0x01,
    large_first = 0x02,
    large_second = 0x04,
    not_known = 0xffff & ~0x07,
};

enum class Type : std::uint8_t { plain = 0, head = 1, inner = 2, second_head = 3 };

[[noreturn]] void damaged() {
    throw Error(Fault::corrupt, "the EROFS image is damaged: the index of a file is impossible");
}

[[noreturn]] void unknown(std::string_view what) {
    throw Error(
        Fault::refused, fmt::format("the EROFS image has {}, which is not known here", what)
    )
        .hint("mount it and import the directory");
}

std::uint64_t align_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

/// What the index says of a cluster.
struct Cluster {
    Type type = Type::plain;
    std::uint32_t offset = 0;                 ///< of the extent that begins in it
    std::uint32_t block = 0;                  ///< where that lies
    std::optional<std::uint32_t> blocks = {}; ///< of the extent that began in the cluster before
};

class Index {
public:
    Index(const Blob& image, const erofs::Superblock& superblock, const ErofsUnpacker::File& file);

    std::vector<Extent> extents();

private:
    Buffer read(std::uint64_t offset, std::uint64_t size) const;
    void read_table();
    Cluster cluster(std::uint64_t number) const;
    Cluster full_cluster(std::uint64_t number) const;
    Cluster compact_cluster(std::uint64_t number) const;
    std::uint32_t block_in_pack(ConstBytes pack, std::size_t entry, unsigned entry_bits) const;
    std::pair<Type, std::uint32_t> packed(ConstBytes pack, std::size_t bit) const;
    Method method(Type type) const;

    bool is_large() const { return (advice_ & (large_first | large_second)) != 0; }

    const Blob& image_;
    const erofs::Superblock& superblock_;
    ErofsUnpacker::File file_;
    std::uint16_t advice_ = 0;
    unsigned methods_ = 0;
    unsigned cluster_bits_ = 0;
    std::uint64_t clusters_ = 0;
    std::uint64_t table_offset_ = 0;
    Buffer table_;
    std::uint64_t initial_ = 0;   // entries of four bytes before those of two
    std::uint64_t two_bytes_ = 0; // entries of two bytes
};

Index::Index(
    const Blob& image, const erofs::Superblock& superblock, const ErofsUnpacker::File& file
)
    : image_(image), superblock_(superblock), file_(file) {
    const auto place = align_up(file.behind, header_bytes);
    const auto header = read(place, header_bytes);
    advice_ = load_u16(ConstBytes(header).subspan(4));
    methods_ = std::to_integer<unsigned>(header[6]);
    const auto bits = std::to_integer<unsigned>(header[7]);
    constexpr unsigned whole_in_fragment = 0x80;
    constexpr unsigned cluster_bits_mask = 7;
    if ((advice_ & not_known) != 0 || (bits & whole_in_fragment) != 0) {
        unknown("packed tails or fragments");
    }
    cluster_bits_ = static_cast<unsigned>(std::countr_zero(superblock.block_bytes)) +
                    (bits & cluster_bits_mask);
    const auto cluster = std::uint64_t{1} << cluster_bits_;
    clusters_ = file.size / cluster + (file.size % cluster != 0 ? 1 : 0);
    if (clusters_ > most_clusters) {
        damaged();
    }
    table_offset_ = place + header_bytes + (file.is_compact ? 0 : header_bytes);
    read_table();
}

Buffer Index::read(std::uint64_t offset, std::uint64_t size) const {
    if (offset > image_.size() || size > image_.size() - offset) {
        damaged();
    }
    Buffer bytes(size);
    image_.read_at(offset, bytes);
    return bytes;
}

void Index::read_table() {
    constexpr std::uint64_t full_entry = 8;
    if (!file_.is_compact) {
        table_ = read(table_offset_, clusters_ * full_entry);
        return;
    }
    // Packs of two-byte entries have 32 bytes and are aligned to that.
    constexpr std::uint64_t pack_bytes = 32;
    constexpr std::uint64_t entries_of_pack = 16;
    constexpr unsigned most_bits = 14;
    constexpr unsigned most_bits_of_two = 12;
    if (cluster_bits_ > most_bits) {
        damaged();
    }
    initial_ = (pack_bytes - table_offset_ % pack_bytes) / 4 % 8;
    if ((advice_ & two_byte_entries) != 0 && initial_ < clusters_) {
        two_bytes_ = (clusters_ - initial_) / entries_of_pack * entries_of_pack;
    }
    if (two_bytes_ > 0 && cluster_bits_ > most_bits_of_two) {
        damaged();
    }
    initial_ = std::min(initial_, clusters_);
    const auto rest = clusters_ - initial_ - two_bytes_;
    // Four-byte entries come in pairs.
    const auto size = initial_ * 4 + two_bytes_ * 2 + align_up(rest, 2) * 4;
    table_ = read(table_offset_, align_up(size, 8));
}

Cluster Index::full_cluster(std::uint64_t number) const {
    const auto entry = ConstBytes(table_).subspan(number * 8, 8);
    Cluster cluster;
    cluster.type = static_cast<Type>(load_u16(entry) & 3U);
    cluster.offset = load_u16(entry.subspan(2));
    if (cluster.type != Type::inner) {
        cluster.block = load_u32(entry.subspan(4));
    } else if (const auto distance = load_u16(entry.subspan(4));
               (distance & has_block_count) != 0) {
        cluster.blocks = distance & ~has_block_count;
    }
    return cluster;
}

/// An entry of a pack: its type above so many bits of a number.
std::pair<Type, std::uint32_t> Index::packed(ConstBytes pack, std::size_t bit) const {
    constexpr unsigned least_bits = 12;
    const auto bits = std::max(cluster_bits_, least_bits);
    const auto value = load_u32(pack.subspan(bit / 8)) >> (bit % 8);
    return {static_cast<Type>((value >> bits) & 3U), value & ((1U << bits) - 1)};
}

/// A pack holds the block of its first extent, less one; the others follow on each other.
std::uint32_t Index::block_in_pack(ConstBytes pack, std::size_t entry, unsigned entry_bits) const {
    auto block = load_u32(pack.last(4)) + (is_large() ? 0 : 1);
    auto at = static_cast<std::int64_t>(entry);
    while (at > 0) {
        --at;
        const auto [type, number] = packed(pack, static_cast<std::size_t>(at) * entry_bits);
        if (!is_large()) {
            at -= type == Type::inner ? number : 0;
            block += at >= 0 ? 1 : 0;
        } else if (type != Type::inner) {
            ++block;
        } else if ((number & has_block_count) != 0) {
            --at;
            block += number & ~has_block_count;
        } else if (number > 1) {
            at -= std::int64_t{number} - 2;
        } else {
            damaged();
        }
    }
    return block;
}

Cluster Index::compact_cluster(std::uint64_t number) const {
    const auto in_two = number >= initial_ && number - initial_ < two_bytes_;
    const std::size_t entry_bytes = in_two ? 2 : 4;
    const std::size_t entries = in_two ? 16 : 2;
    std::uint64_t offset = 0;
    if (number < initial_) {
        offset = number * 4;
    } else if (in_two) {
        offset = initial_ * 4 + (number - initial_) * 2;
    } else {
        offset = initial_ * 4 + two_bytes_ * 2 + (number - initial_ - two_bytes_) * 4;
    }
    // Packs are aligned in the image; the table begins at a multiple of 8.
    const auto pack_bytes = entries * entry_bytes;
    const auto within = (table_offset_ + offset) % pack_bytes;
    if (within > offset || offset - within + pack_bytes > table_.size()) {
        damaged();
    }
    const auto pack = ConstBytes(table_).subspan(offset - within, pack_bytes);
    const auto entry = within / entry_bytes;
    const auto entry_bits = static_cast<unsigned>((pack_bytes - 4) * 8 / entries);
    const auto [type, value] = packed(pack, entry * entry_bits);
    Cluster cluster;
    cluster.type = type;
    if (type != Type::inner) {
        cluster.offset = value;
        cluster.block = block_in_pack(pack, entry, entry_bits);
    } else if ((value & has_block_count) != 0) {
        cluster.blocks = value & ~has_block_count;
    }
    return cluster;
}

Cluster Index::cluster(std::uint64_t number) const {
    return file_.is_compact ? compact_cluster(number) : full_cluster(number);
}

Method Index::method(Type type) const {
    if (type == Type::plain) {
        return Method::plain;
    }
    switch (type == Type::head ? methods_ & 0xfU : methods_ >> 4U) {
    case 0:
        return Method::lz4;
    case 1:
        return Method::lzma;
    case 2:
        unknown("files compressed by DEFLATE");
    case 3:
        unknown("files compressed by zstd");
    default:
        unknown("files compressed by an unknown method");
    }
}

std::vector<Extent> Index::extents() {
    std::vector<Extent> extents;
    const auto cluster_size = std::uint64_t{1} << cluster_bits_;
    for (std::uint64_t number = 0; number < clusters_; ++number) {
        const auto found = cluster(number);
        if (found.type == Type::inner) {
            if (extents.empty()) {
                damaged();
            }
            if (found.blocks && is_large()) {
                extents.back().stored_bytes =
                    std::uint64_t{*found.blocks} * superblock_.block_bytes;
            }
            continue;
        }
        const auto start = number * cluster_size + found.offset;
        if (!extents.empty() && start >= file_.size) {
            break; // marks the end
        }
        const auto is_next = extents.empty() ? start == 0 : start > extents.back().start;
        if (found.offset >= cluster_size || !is_next) {
            damaged();
        }
        extents.push_back(
            {start,
             std::uint64_t{found.block} * superblock_.block_bytes,
             cluster_size,
             method(found.type)}
        );
    }
    return extents;
}

} // namespace

std::vector<Extent> read_erofs_index(
    const Blob& image, const erofs::Superblock& superblock, const ErofsUnpacker::File& file
) {
    return file.size == 0 ? std::vector<Extent>{} : Index(image, superblock, file).extents();
}

} // namespace slipway::formats
