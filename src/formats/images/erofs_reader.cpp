#include "formats/images/erofs_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "formats/images/erofs_compressed.h"
#include "formats/images/erofs_format.h"
#include "formats/images/run_file.h"

namespace slipway::formats {

namespace {

using erofs::DataLayout;
using Runs = std::vector<RunFile::Run>;

constexpr std::uint64_t largest_directory = 1ULL << 30U;
constexpr std::uint64_t most_chunks = 1U << 26U;
constexpr std::size_t xattr_header_bytes = 12;
constexpr std::size_t xattr_entry_bytes = 4;

[[noreturn]] void damaged(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the EROFS image is damaged: {}", what));
}

/// The names of extended attributes begin so, by their index.
constexpr std::array<std::string_view, 7> prefixes{
    "",
    "user.",
    "system.posix_acl_access",
    "system.posix_acl_default",
    "trusted.",
    "",
    "security."};

class Erofs final : public ImageReader {
public:
    explicit Erofs(const Blob& image) : image_(image) {
        superblock_ =
            erofs::parse_superblock(read(erofs::superblock_offset, erofs::superblock_bytes));
        unpacker_ = std::make_unique<ErofsUnpacker>(image_, superblock_);
    }

    NodeId root() const override { return superblock_.root; }

    Node node(NodeId id) override;
    std::vector<Child> children(NodeId directory) override;

    std::unique_ptr<ImageFile> open(NodeId file) override { return content(file, inode(file)); }

private:
    Buffer read(std::uint64_t offset, std::uint64_t size) const;
    std::uint64_t offset_of(NodeId id) const;
    erofs::Inode inode(NodeId id) const;
    std::unique_ptr<ImageFile> content(NodeId id, const erofs::Inode& inode) const;
    Runs chunk_runs(NodeId id, const erofs::Inode& inode) const;
    std::vector<tree::Xattr> xattrs(NodeId id, const erofs::Inode& inode) const;
    static std::uint64_t take_xattr(ConstBytes bytes, std::vector<tree::Xattr>& to);
    static void take_block(ConstBytes block, std::vector<Child>& to);

    const Blob& image_;
    erofs::Superblock superblock_;
    std::unique_ptr<ErofsUnpacker> unpacker_;
};

Buffer Erofs::read(std::uint64_t offset, std::uint64_t size) const {
    if (offset > image_.size() || size > image_.size() - offset) {
        damaged("it is cut off");
    }
    Buffer bytes(size);
    image_.read_at(offset, bytes);
    return bytes;
}

std::uint64_t Erofs::offset_of(NodeId id) const {
    if (id > image_.size() / erofs::slot_bytes) {
        damaged("an inode is not in it");
    }
    return superblock_.metadata_offset + id * erofs::slot_bytes;
}

erofs::Inode Erofs::inode(NodeId id) const {
    const auto offset = offset_of(id);
    const auto left = offset < image_.size() ? image_.size() - offset : 0;
    return erofs::parse_inode(
        read(offset, std::min<std::uint64_t>(left, erofs::long_inode_bytes)), superblock_
    );
}

/// Blocks one after another; the last of them behind the inode, if the layout says so.
std::unique_ptr<ImageFile> Erofs::content(NodeId id, const erofs::Inode& inode) const {
    const auto block = std::uint64_t{superblock_.block_bytes};
    const auto start = std::uint64_t{inode.detail} * block;
    const auto behind = offset_of(id) + inode.head_bytes + inode.xattr_bytes;
    switch (inode.layout) {
    case DataLayout::plain:
        return std::make_unique<RunFile>(image_, inode.size, Runs{{0, inode.size, start}});
    case DataLayout::tail_inline: {
        const auto in_blocks = inode.size == 0 ? 0 : (inode.size - 1) / block * block;
        Runs runs;
        if (in_blocks > 0) {
            runs.push_back({0, in_blocks, start});
        }
        if (inode.size > in_blocks) {
            runs.push_back({in_blocks, inode.size - in_blocks, behind});
        }
        return std::make_unique<RunFile>(image_, inode.size, std::move(runs));
    }
    case DataLayout::chunked:
        return std::make_unique<RunFile>(image_, inode.size, chunk_runs(id, inode));
    default:
        return unpacker_->open({inode.size, behind, inode.layout == DataLayout::compressed_compact}
        );
    }
}

Runs Erofs::chunk_runs(NodeId id, const erofs::Inode& inode) const {
    constexpr std::uint32_t bits_mask = 0x1f;
    constexpr std::uint32_t has_indexes = 0x20;
    constexpr std::uint64_t index_bytes = 8;
    constexpr std::uint64_t address_bytes = 4;
    if ((inode.detail & ~(bits_mask | has_indexes)) != 0) {
        damaged("a file has chunks of an unknown form");
    }
    const auto chunk = std::uint64_t{superblock_.block_bytes} << (inode.detail & bits_mask);
    const auto count = inode.size / chunk + (inode.size % chunk != 0 ? 1 : 0);
    const auto is_indexed = (inode.detail & has_indexes) != 0;
    const auto unit = is_indexed ? index_bytes : address_bytes;
    if (count > most_chunks) {
        damaged("a file has too many chunks");
    }
    const auto behind = offset_of(id) + inode.head_bytes + inode.xattr_bytes;
    const auto table = read((behind + unit - 1) / unit * unit, count * unit);
    Runs runs;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto entry = ConstBytes(table).subspan(i * unit, unit);
        if (is_indexed && load_u16(entry.subspan(2)) != 0) {
            throw Error(Fault::refused, "the EROFS image needs further devices")
                .hint("mount it with them and import the directory");
        }
        const auto address = load_u32(is_indexed ? entry.subspan(4) : entry);
        if (address == erofs::no_block) {
            continue;
        }
        const auto place = std::uint64_t{address} * superblock_.block_bytes;
        auto* last = runs.empty() ? nullptr : &runs.back();
        if (last != nullptr && last->offset + last->length == i * chunk &&
            last->place + last->length == place) {
            last->length += chunk;
        } else {
            runs.push_back({i * chunk, chunk, place});
        }
    }
    return runs;
}

/// Adds the attribute at the start of `bytes`; returns how long its entry is.
std::uint64_t Erofs::take_xattr(ConstBytes bytes, std::vector<tree::Xattr>& to) {
    if (bytes.size() < xattr_entry_bytes) {
        damaged("an extended attribute is cut off");
    }
    const auto name_bytes = std::to_integer<std::size_t>(bytes[0]);
    const auto index = std::to_integer<std::size_t>(bytes[1]);
    const std::size_t value_bytes = load_u16(bytes.subspan(2));
    const auto size = xattr_entry_bytes + name_bytes + value_bytes;
    if (bytes.size() < size) {
        damaged("an extended attribute is cut off");
    }
    if (index >= prefixes.size() || prefixes.at(index).empty()) {
        throw Error(Fault::refused, "the EROFS image has extended attributes of an unknown kind")
            .hint("mount it and import the directory");
    }
    const auto name = bytes.subspan(xattr_entry_bytes, name_bytes);
    const auto value = bytes.subspan(xattr_entry_bytes + name_bytes, value_bytes);
    to.push_back(
        {std::string(prefixes.at(index)) + std::string(as_text(name)), std::string(as_text(value))}
    );
    return (size + xattr_entry_bytes - 1) / xattr_entry_bytes * xattr_entry_bytes;
}

std::vector<tree::Xattr> Erofs::xattrs(NodeId id, const erofs::Inode& inode) const {
    std::vector<tree::Xattr> found;
    if (inode.xattr_bytes == 0) {
        return found;
    }
    const auto body = read(offset_of(id) + inode.head_bytes, inode.xattr_bytes);
    const auto shared = std::to_integer<std::size_t>(body[4]);
    auto rest = ConstBytes(body).subspan(xattr_header_bytes);
    if (rest.size() < shared * sizeof(std::uint32_t)) {
        damaged("shared extended attributes are cut off");
    }
    for (std::size_t i = 0; i < shared; ++i) {
        const auto place =
            superblock_.xattrs_offset + std::uint64_t{load_u32(rest)} * xattr_entry_bytes;
        const auto head = read(place, xattr_entry_bytes);
        const auto size = xattr_entry_bytes + std::to_integer<std::uint64_t>(head[0]) +
                          load_u16(ConstBytes(head).subspan(2));
        take_xattr(read(place, size), found);
        rest = rest.subspan(sizeof(std::uint32_t));
    }
    while (rest.size() >= xattr_entry_bytes) {
        const auto size = take_xattr(rest, found);
        rest = rest.subspan(std::min<std::uint64_t>(size, rest.size()));
    }
    return found;
}

ImageReader::Node Erofs::node(NodeId id) {
    const auto inode = this->inode(id);
    Node node;
    node.mode = inode.mode;
    node.uid = inode.uid;
    node.gid = inode.gid;
    node.mtime = inode.mtime;
    node.xattrs = xattrs(id, inode);
    switch (inode.mode & S_IFMT) {
    case S_IFREG:
        node.size = inode.size;
        break;
    case S_IFLNK:
        if (inode.size > tree::longest_target) {
            damaged("a symbolic link is too long");
        }
        node.target = as_text(read_all(*content(id, inode), tree::longest_target));
        break;
    case S_IFCHR:
    case S_IFBLK:
        node.device = makedev(
            (inode.detail & 0xfff00U) >> 8U,
            (inode.detail & 0xffU) | ((inode.detail >> 12U) & 0xfff00U)
        );
        break;
    default:
        break;
    }
    return node;
}

/// A block of a directory: its entries, then their names, of which the last may be padded.
void Erofs::take_block(ConstBytes block, std::vector<Child>& to) {
    if (block.size() < erofs::dirent_bytes) {
        damaged("a directory is cut off");
    }
    const std::size_t names = load_u16(block.subspan(8));
    if (names < erofs::dirent_bytes || names % erofs::dirent_bytes != 0 || names > block.size()) {
        damaged("a directory block is impossible");
    }
    for (std::size_t at = 0; at < names; at += erofs::dirent_bytes) {
        const std::size_t start = load_u16(block.subspan(at + 8));
        const auto next = at + erofs::dirent_bytes;
        const std::size_t end = next < names ? load_u16(block.subspan(next + 8)) : block.size();
        if (start < names || end < start || end > block.size()) {
            damaged("a directory block is impossible");
        }
        auto name = as_text(block.subspan(start, end - start));
        if (next >= names) {
            name = name.substr(0, name.find('\0'));
        }
        if (name != "." && name != "..") {
            to.push_back({std::string(name), load_u64(block.subspan(at))});
        }
    }
}

std::vector<ImageReader::Child> Erofs::children(NodeId directory) {
    const auto inode = this->inode(directory);
    if (inode.size > largest_directory) {
        damaged("a directory is too large");
    }
    const auto file = content(directory, inode);
    std::vector<Child> children;
    Buffer block;
    for (std::uint64_t at = 0; at < inode.size; at += superblock_.block_bytes) {
        block.resize(std::min<std::uint64_t>(superblock_.block_bytes, inode.size - at));
        file->read_at(at, block);
        take_block(block, children);
    }
    return children;
}

} // namespace

std::unique_ptr<ImageReader> open_erofs(const Blob& image) {
    return std::make_unique<Erofs>(image);
}

} // namespace slipway::formats
