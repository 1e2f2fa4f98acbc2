// The dm-verity hash tree of an image.
//
// Source: the Linux kernel's Documentation/admin-guide/device-mapper/verity.rst, and cryptsetup's
// on-disk superblock. Rules: docs/format/image.md, "Verity".
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/pipeline.h"
#include "image/image.h"

namespace slipway::image {

namespace {

constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t digest_bytes = 32;
constexpr std::uint64_t fan_out = block_bytes / digest_bytes;
constexpr std::size_t longest_salt = 256;
constexpr std::uint64_t batch_bytes = 1ULL << 20U; ///< hashed at a time on one core
constexpr std::uint64_t in_flight_bytes = 16 * batch_bytes;

/// How many blocks each level of the tree has, from the data upwards; none for a single block.
std::vector<std::uint64_t> level_blocks(std::uint64_t data_blocks) {
    std::vector<std::uint64_t> levels;
    for (auto blocks = data_blocks; blocks > 1;) {
        blocks = (blocks + fan_out - 1) / fan_out;
        levels.push_back(blocks);
    }
    return levels;
}

class BlockHasher {
public:
    explicit BlockHasher(ConstBytes salt) : salt_(salt) {}

    Digest hash(ConstBytes block) {
        hasher_.update(salt_);
        hasher_.update(block);
        return hasher_.finish();
    }

private:
    ConstBytes salt_;
    Hasher hasher_;
};

/// Takes the digests of the data blocks in order and builds the levels above them, of each of which
/// it holds the one block that is being filled.
class HashTree {
public:
    HashTree(std::uint64_t data_blocks, ConstBytes salt, const WriteAt& write)
        : hasher_(salt), write_(write) {
        const auto blocks = level_blocks(data_blocks);
        levels_.resize(blocks.size());
        auto offset = block_bytes; // after the superblock, the highest level comes first
        for (auto level = blocks.size(); level-- > 0;) {
            levels_[level].offset = offset;
            offset += blocks[level] * block_bytes;
        }
    }

    void add(const Digest& digest) { add(0, digest); }

    Digest finish() {
        for (std::size_t level = 0; level < levels_.size(); ++level) {
            if (levels_[level].used > 0) {
                close_block(level);
            }
        }
        return root_;
    }

private:
    struct Level {
        std::array<std::byte, block_bytes> block{};
        std::size_t used = 0;
        std::uint64_t offset = 0; ///< where the block will lie
    };

    // NOLINTNEXTLINE(misc-no-recursion): one call a level, and there are at most ten.
    void add(std::size_t index, const Digest& digest) {
        if (index == levels_.size()) {
            root_ = digest;
            return;
        }
        auto& level = levels_[index];
        std::ranges::copy(
            digest.view(), level.block.begin() + static_cast<std::ptrdiff_t>(level.used)
        );
        level.used += digest_bytes;
        if (level.used == block_bytes) {
            close_block(index);
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion): as add().
    void close_block(std::size_t index) {
        auto& level = levels_[index];
        if (write_) {
            write_(level.offset, level.block);
        }
        const auto digest = hasher_.hash(level.block);
        level.block.fill(std::byte{0});
        level.used = 0;
        level.offset += block_bytes;
        add(index + 1, digest);
    }

    BlockHasher hasher_;
    const WriteAt& write_;
    std::vector<Level> levels_; // from the data upwards
    Digest root_;
};

/// Reads a batch and hashes its blocks.
std::vector<Digest> hash_batch(const Blob& image, std::uint64_t offset, ConstBytes salt) {
    Buffer bytes(std::min(batch_bytes, image.size() - offset));
    image.read_at(offset, bytes);
    BlockHasher hasher(salt);
    std::vector<Digest> digests;
    for (std::size_t block = 0; block < bytes.size(); block += block_bytes) {
        digests.push_back(hasher.hash(ConstBytes(bytes).subspan(block, block_bytes)));
    }
    return digests;
}

/// The block that lets `veritysetup` find everything but the root hash.
Buffer superblock(const Verity& verity) {
    constexpr std::uint32_t version = 1;
    constexpr std::uint32_t hash_type = 1;
    Buffer block(block_bytes);
    const Bytes at = block;
    std::ranges::copy(as_bytes("verity"), at.begin());
    store_u32(at.subspan(8), version);
    store_u32(at.subspan(12), hash_type);
    std::ranges::copy(verity.root_hash.view().first(16), at.subspan(16).begin());
    at[22] = (at[22] & std::byte{0x0F}) | std::byte{0x80};
    at[24] = (at[24] & std::byte{0x3F}) | std::byte{0x80};
    std::ranges::copy(as_bytes("sha256"), at.subspan(32).begin());
    store_u32(at.subspan(64), block_bytes);
    store_u32(at.subspan(68), block_bytes);
    store_u64(at.subspan(72), verity.data_blocks);
    store_u16(at.subspan(80), static_cast<std::uint16_t>(verity.salt.size()));
    std::ranges::copy(verity.salt, at.subspan(88).begin());
    return block;
}

void check(const Blob& image, ConstBytes salt) {
    if (image.size() == 0 || image.size() % block_bytes != 0) {
        throw Error(
            Fault::usage, fmt::format("{} bytes are not whole blocks of 4096 bytes", image.size())
        );
    }
    if (salt.size() > longest_salt) {
        throw Error(Fault::usage, fmt::format("a salt of {} bytes is too long", salt.size()));
    }
}

} // namespace

Buffer verity_salt(const Digest& tree) {
    Hasher hasher;
    hasher.update(as_bytes("slipway verity salt 1"));
    hasher.update(tree.view());
    return to_buffer(hasher.finish().view());
}

std::uint64_t verity_bytes(std::uint64_t image_bytes) {
    auto blocks = std::uint64_t{1};
    for (const auto count : level_blocks(image_bytes / block_bytes)) {
        blocks += count;
    }
    return blocks * block_bytes;
}

Verity make_verity(const Blob& image, ConstBytes salt, const WriteAt& write) {
    check(image, salt);
    Verity verity{{}, to_buffer(salt), image.size() / block_bytes};
    HashTree tree(verity.data_blocks, verity.salt, write);
    Pipeline pipeline({.in_flight_bytes = in_flight_bytes});
    for (std::uint64_t offset = 0; offset < image.size(); offset += batch_bytes) {
        pipeline.submit(batch_bytes, [&image, &verity, &tree, offset]() -> Deliver {
            return [&tree, digests = hash_batch(image, offset, verity.salt)] {
                for (const auto& digest : digests) {
                    tree.add(digest);
                }
            };
        });
    }
    pipeline.finish();
    verity.root_hash = tree.finish();
    if (write) {
        write(0, superblock(verity));
    }
    return verity;
}

} // namespace slipway::image
