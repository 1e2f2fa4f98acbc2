// Gives every inode, directory block, extended attribute and file its place, and writes the
// metadata. Rules: docs/format/image.md.
#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "image/directory_blocks.h"
#include "image/erofs.h"
#include "image/image.h"
#include "image/inventory.h"

namespace slipway::image {

namespace {

using erofs::align_up;
using erofs::block_bytes;

/// Where an inode lies, and the first of its blocks, if it has any.
struct Place {
    std::uint64_t offset = 0;
    std::uint64_t first_block = 0;
    std::uint32_t inline_bytes = 0; ///< of its content, after its extended attributes
};

class Composer {
public:
    Composer(Inventory inventory, const Digest& tree)
        : all_(std::move(inventory)), tree_(tree), places_(all_.inodes.size()) {}

    Layout compose() &&;

private:
    // Each takes the room it needs from end_, in this order.
    void place_inodes();
    void place_shared_xattrs();
    void place_metadata_blocks();
    void place_files();

    void write_superblock();
    void write_inode(std::size_t index);
    void write_content(std::size_t index);
    void write_directory(const Inode& inode, const Place& place);
    ImageMap make_map() const;

    std::uint32_t inline_bytes(const Inode& inode, std::uint64_t head_bytes) const;
    std::uint64_t inline_offset(const Inode& inode, const Place& place) const;

    std::uint64_t nid(std::size_t inode) const { return places_[inode].offset / erofs::nid_bytes; }

    Bytes at(std::uint64_t offset) { return Bytes(metadata_).subspan(offset); }

    Inventory all_;
    Digest tree_;
    std::vector<Place> places_;
    std::vector<std::uint64_t> file_blocks_; // where each of all_.files begins
    std::uint64_t end_ = 0;                  // of what has a place
    std::uint64_t xattr_block_ = 0;
    Buffer metadata_;
};

bool has_generated_content(const Inode& inode) {
    return S_ISDIR(inode.mode) || S_ISLNK(inode.mode);
}

Layout Composer::compose() && {
    place_inodes();
    place_shared_xattrs();
    place_metadata_blocks();
    metadata_.resize(end_);
    place_files();

    for (std::size_t index = 0; index < all_.inodes.size(); ++index) {
        write_inode(index);
        write_content(index);
    }
    std::ranges::copy(all_.xattrs.shared(), at(xattr_block_ * block_bytes).begin());
    write_superblock();

    auto map = make_map();
    auto metadata = std::make_shared<const Buffer>(std::move(metadata_));
    return {std::move(metadata), std::move(map), std::move(all_.files), all_.notices.lines()};
}

void Composer::place_inodes() {
    end_ = erofs::superblock_offset + erofs::superblock_bytes;
    for (std::size_t index = 0; index < places_.size(); ++index) {
        const auto& inode = all_.inodes[index];
        const auto head_bytes = erofs::inode_bytes + all_.xattrs.body(inode.xattrs).size();
        auto& place = places_[index];
        place.inline_bytes = inline_bytes(inode, head_bytes);
        const auto unbroken =
            place.inline_bytes > 0 ? head_bytes + place.inline_bytes : erofs::inode_bytes;

        place.offset = align_up(end_, erofs::nid_bytes);
        if (place.offset % block_bytes + unbroken > block_bytes) {
            place.offset = align_up(place.offset, block_bytes);
        }
        end_ = place.offset + head_bytes + place.inline_bytes;
    }
}

/// What is left of generated content after its whole blocks, if it fits in a block with its inode.
std::uint32_t Composer::inline_bytes(const Inode& inode, std::uint64_t head_bytes) const {
    const auto tail_bytes = inode.size % block_bytes;
    const bool fits = has_generated_content(inode) && head_bytes + tail_bytes <= block_bytes;
    return static_cast<std::uint32_t>(fits ? tail_bytes : 0);
}

void Composer::place_shared_xattrs() {
    end_ = align_up(end_, block_bytes);
    if (!all_.xattrs.shared().empty()) {
        xattr_block_ = end_ / block_bytes;
        end_ = align_up(end_ + all_.xattrs.shared().size(), block_bytes);
    }
}

void Composer::place_metadata_blocks() {
    for (std::size_t index = 0; index < places_.size(); ++index) {
        const auto& inode = all_.inodes[index];
        const auto bytes = inode.size - places_[index].inline_bytes;
        if (has_generated_content(inode) && bytes > 0) {
            places_[index].first_block = end_ / block_bytes;
            end_ += align_up(bytes, block_bytes);
        }
    }
}

void Composer::place_files() {
    file_blocks_.reserve(all_.files.size());
    auto block = end_ / block_bytes;
    for (const auto& file : all_.files) {
        file_blocks_.push_back(block);
        block += erofs::blocks_of(file.size);
        if (block > erofs::most_blocks) {
            throw Error(
                Fault::usage,
                fmt::format(
                    "the files of the tree need more than the {} blocks of 4 KiB that an image can "
                    "have",
                    erofs::most_blocks
                )
            )
                .hint("check the tree out instead of mounting it");
        }
    }
    for (std::size_t index = 0; index < places_.size(); ++index) {
        const auto& inode = all_.inodes[index];
        if (S_ISREG(inode.mode) && inode.size > 0) {
            places_[index].first_block = file_blocks_[inode.subject];
        }
    }
    end_ = block * block_bytes;
}

void Composer::write_superblock() {
    Buffer seed = to_buffer(as_bytes("slipway image uuid 1"));
    seed.insert(seed.end(), tree_.view().begin(), tree_.view().end());
    const auto digest = sha256(seed);

    const auto& root = all_.inodes.front();
    erofs::Superblock superblock{
        .root_nid = static_cast<std::uint16_t>(nid(0)),
        .inodes = all_.inodes.size(),
        .build_seconds = root.mtime_seconds,
        .build_nanoseconds = root.mtime_nanoseconds,
        .blocks = static_cast<std::uint32_t>(end_ / block_bytes),
        .xattr_block = static_cast<std::uint32_t>(xattr_block_),
    };
    std::copy_n(digest.bytes.begin(), superblock.uuid.size(), superblock.uuid.begin());
    superblock.uuid[6] = static_cast<std::uint8_t>((superblock.uuid[6] & 0x0FU) | 0x80U);
    superblock.uuid[8] = static_cast<std::uint8_t>((superblock.uuid[8] & 0x3FU) | 0x80U);
    erofs::write(at(erofs::superblock_offset), superblock);
    erofs::seal(at(0).first(block_bytes));
}

void Composer::write_inode(std::size_t index) {
    const auto& inode = all_.inodes[index];
    const auto& place = places_[index];
    const auto xattrs = all_.xattrs.body(inode.xattrs);
    const bool is_device = S_ISCHR(inode.mode) || S_ISBLK(inode.mode);
    erofs::write(
        at(place.offset),
        erofs::InodeRecord{
            .layout = place.inline_bytes > 0 ? erofs::DataLayout::flat_inline
                                             : erofs::DataLayout::flat_plain,
            .xattr_bytes = static_cast<std::uint32_t>(xattrs.size()),
            .mode = inode.mode,
            .size = inode.size,
            .block_or_device =
                static_cast<std::uint32_t>(is_device ? inode.subject : place.first_block),
            .number = static_cast<std::uint32_t>(index + 1),
            .uid = inode.uid,
            .gid = inode.gid,
            .mtime_seconds = inode.mtime_seconds,
            .mtime_nanoseconds = inode.mtime_nanoseconds,
            .links = inode.links,
        }
    );
    std::ranges::copy(xattrs, at(place.offset + erofs::inode_bytes).begin());
}

void Composer::write_content(std::size_t index) {
    const auto& inode = all_.inodes[index];
    const auto& place = places_[index];
    if (S_ISDIR(inode.mode)) {
        write_directory(inode, place);
    } else if (S_ISLNK(inode.mode)) {
        const auto offset =
            place.inline_bytes > 0 ? inline_offset(inode, place) : place.first_block * block_bytes;
        const auto target = std::string_view(all_.text).substr(inode.subject, inode.size);
        std::ranges::copy(as_bytes(target), at(offset).begin());
    }
}

std::uint64_t Composer::inline_offset(const Inode& inode, const Place& place) const {
    return place.offset + erofs::inode_bytes + all_.xattrs.body(inode.xattrs).size();
}

void Composer::write_directory(const Inode& inode, const Place& place) {
    const auto number = [this](std::uint32_t index) { return nid(index); };
    auto names = all_.names_of(all_.directories[inode.subject]);
    auto offset = place.first_block * block_bytes;
    while (!names.empty()) {
        const auto count = names_in_first_block(names);
        if (count == names.size() && place.inline_bytes > 0) {
            offset = inline_offset(inode, place);
        }
        write_directory_block(at(offset), names.first(count), all_.text, number);
        offset += block_bytes;
        names = names.subspan(count);
    }
}

ImageMap Composer::make_map() const {
    ImageMap map;
    map.append(metadata_.size(), Metadata{0});
    for (std::size_t index = 0; index < all_.files.size(); ++index) {
        map.append(all_.files[index].size, Content{static_cast<std::uint32_t>(index), 0});
        map.align(block_bytes);
    }
    return map;
}

} // namespace

Layout make_layout(const Contents& contents, const Digest& tree) {
    return Composer(take_inventory(contents, tree), tree).compose();
}

} // namespace slipway::image
