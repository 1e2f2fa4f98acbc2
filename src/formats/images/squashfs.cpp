#include "formats/images/squashfs.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <sqfs/block.h>
#include <sqfs/compressor.h>
#include <sqfs/dir.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/meta_reader.h>
#include <sqfs/super.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "formats/images/squashfs_data.h"
#include "formats/images/squashfs_input.h"
#include "formats/images/squashfs_lzo.h"
#include "formats/images/squashfs_xattrs.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t most_blocks = 1U << 24U; // of one file: 2 TiB at the usual size
constexpr std::uint32_t no_fragment = 0xffffffff;
constexpr std::uint64_t no_table = ~std::uint64_t{0};

/// What an inode of any type says, as far as it has it.
struct Inode {
    sqfs_inode_t base{};
    std::uint64_t size = 0;
    std::uint32_t device = 0;
    std::uint32_t xattrs = SquashfsXattrs::none;
    std::string target;
    sqfs_inode_dir_ext_t directory{};
    SquashfsFile::Layout file;
};

std::uint32_t mode_of(const sqfs_inode_t& base) {
    constexpr std::array<std::uint32_t, 8> types{
        0, S_IFDIR, S_IFREG, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK};
    const auto type = base.type > 7U ? base.type - 7U : base.type;
    if (base.type == 0 || type >= types.size()) {
        damaged_squashfs("an inode has an unknown type");
    }
    return types.at(type) | (base.mode & 07777U);
}

class Squashfs final : public ImageReader {
public:
    explicit Squashfs(const Blob& image) : image_(image), input_(image) {
        read_superblock();
        read_tables();
    }

    NodeId root() const override { return super_.root_inode_ref; }

    Node node(NodeId id) override;
    std::vector<Child> children(NodeId directory) override;
    std::unique_ptr<ImageFile> open(NodeId file) override;

private:
    void read_superblock();
    void read_tables();
    Compressor make_compressor();
    std::vector<SquashfsData::Place> fragments();

    Inode inode(NodeId id) const;
    void read_file(Inode& inode) const;
    std::uint32_t owner(std::uint16_t index) const;

    const Blob& image_;
    mutable SquashfsInput input_;
    sqfs_super_t super_{};
    Compressor compressor_; // of metadata
    Compressor prototype_;  // only copied, by any thread
    SquashfsObject<sqfs_meta_reader_t> inodes_;
    SquashfsObject<sqfs_meta_reader_t> directories_;
    SquashfsObject<sqfs_id_table_t> owners_;
    std::unique_ptr<SquashfsXattrs> xattrs_;
    std::unique_ptr<SquashfsData> data_;
};

void Squashfs::read_superblock() {
    const auto result = sqfs_super_read(&super_, input_.file());
    if (result == SFQS_ERROR_SUPER_VERSION) {
        throw Error(Fault::refused, "the squashfs image is not of version 4.0")
            .hint("unpack it with unsquashfs and import the directory");
    }
    input_.check(result, "its superblock is impossible");
    if (super_.bytes_used > image_.size()) {
        damaged_squashfs("it is cut off");
    }
    compressor_ = make_compressor();
}

Compressor Squashfs::make_compressor() {
    if (super_.compression_id == SQFS_COMP_LZO) {
        return make_lzo_compressor();
    }
    sqfs_compressor_config_t config{};
    const auto id = static_cast<SQFS_COMPRESSOR>(super_.compression_id);
    sqfs_compressor_t* made = nullptr;
    if (sqfs_compressor_config_init(&config, id, super_.block_size, SQFS_COMP_FLAG_UNCOMPRESS) !=
            0 ||
        sqfs_compressor_create(&config, &made) != 0) {
        const auto* name = sqfs_compressor_name_from_id(id);
        throw Error(
            Fault::refused,
            fmt::format(
                "the squashfs image is compressed by {}, which cannot be read here",
                name != nullptr ? name : "an unknown method"
            )
        )
            .hint("unpack it with unsquashfs and import the directory");
    }
    Compressor compressor(made);
    if ((super_.flags & SQFS_FLAG_COMPRESSOR_OPTIONS) != 0) {
        input_.check(
            made->read_options(made, input_.file()), "its compressor options are impossible"
        );
    }
    return compressor;
}

std::vector<SquashfsData::Place> Squashfs::fragments() {
    std::vector<SquashfsData::Place> places;
    const auto count = super_.fragment_entry_count;
    if (count == 0 || super_.fragment_table_start == no_table ||
        (super_.flags & SQFS_FLAG_NO_FRAGMENTS) != 0) {
        return places;
    }
    if (count > 1 + image_.size() / sizeof(sqfs_fragment_t)) {
        damaged_squashfs("its number of fragments is impossible");
    }
    const SquashfsObject<sqfs_frag_table_t> table(sqfs_frag_table_create(0));
    input_.check(
        sqfs_frag_table_read(table.get(), input_.file(), &super_, compressor_.get()),
        "its fragment table cannot be read"
    );
    const auto held = sqfs_frag_table_get_size(table.get());
    places.reserve(held);
    for (std::size_t index = 0; index < held; ++index) {
        sqfs_fragment_t found{};
        input_.check(
            sqfs_frag_table_lookup(table.get(), static_cast<sqfs_u32>(index), &found),
            "its fragment table cannot be read"
        );
        places.push_back({found.start_offset, found.size});
    }
    return places;
}

void Squashfs::read_tables() {
    auto limit = std::min(super_.id_table_start, super_.fragment_table_start);
    limit = std::min(limit, super_.export_table_start);
    auto* file = input_.file();
    auto* compressor = compressor_.get();
    inodes_.reset(sqfs_meta_reader_create(
        file, compressor, super_.inode_table_start, super_.directory_table_start
    ));
    directories_.reset(
        sqfs_meta_reader_create(file, compressor, super_.directory_table_start, limit)
    );
    owners_.reset(sqfs_id_table_create(0));
    input_.check(
        sqfs_id_table_read(owners_.get(), file, &super_, compressor),
        "its table of owners cannot be read"
    );
    prototype_ = make_compressor();
    data_ = std::make_unique<SquashfsData>(image_, super_.block_size, fragments(), [this] {
        Compressor copy(static_cast<sqfs_compressor_t*>(sqfs_copy(prototype_.get())));
        if (copy == nullptr) {
            throw Error(Fault::unavailable, "no memory to unpack the squashfs image");
        }
        return copy;
    });
    xattrs_ = std::make_unique<SquashfsXattrs>(image_, input_, super_, compressor);
}

void Squashfs::read_file(Inode& inode) const {
    auto& file = inode.file;
    if (inode.base.type == SQFS_INODE_FILE) {
        const auto found = input_.record<sqfs_inode_file_t>(inodes_.get());
        file.size = found.file_size;
        file.start = found.blocks_start;
        file.fragment = found.fragment_index;
        file.fragment_offset = found.fragment_offset;
    } else {
        const auto found = input_.record<sqfs_inode_file_ext_t>(inodes_.get());
        file.size = found.file_size;
        file.start = found.blocks_start;
        file.fragment = found.fragment_idx;
        file.fragment_offset = found.fragment_offset;
        inode.xattrs = found.xattr_idx;
    }
    inode.size = file.size;
    file.has_fragment = file.fragment != no_fragment;
}

Inode Squashfs::inode(NodeId id) const {
    auto* reader = inodes_.get();
    const auto block = super_.inode_table_start + (id >> 16U);
    input_.check(sqfs_meta_reader_seek(reader, block, id & 0xffffU), "an inode is not in it");
    Inode inode;
    inode.base = input_.record<sqfs_inode_t>(reader);
    const auto is_extended = inode.base.type > SQFS_INODE_SOCKET;
    const auto read_xattrs = [&] {
        inode.xattrs = is_extended ? input_.record<sqfs_u32>(reader) : SquashfsXattrs::none;
    };
    switch (mode_of(inode.base) & S_IFMT) {
    case S_IFDIR:
        if (is_extended) {
            inode.directory = input_.record<sqfs_inode_dir_ext_t>(reader);
            inode.xattrs = inode.directory.xattr_idx;
        } else {
            const auto found = input_.record<sqfs_inode_dir_t>(reader);
            inode.directory.size = found.size;
            inode.directory.start_block = found.start_block;
            inode.directory.offset = found.offset;
        }
        break;
    case S_IFREG:
        read_file(inode);
        break;
    case S_IFLNK: {
        const auto found = input_.record<sqfs_inode_slink_t>(reader);
        if (found.target_size > tree::longest_target) {
            damaged_squashfs("a symbolic link is too long");
        }
        inode.target = input_.text(reader, found.target_size);
        read_xattrs();
        break;
    }
    case S_IFBLK:
    case S_IFCHR:
        inode.device = input_.record<sqfs_inode_dev_t>(reader).devno;
        read_xattrs();
        break;
    default:
        input_.record<sqfs_inode_ipc_t>(reader);
        read_xattrs();
    }
    return inode;
}

std::uint32_t Squashfs::owner(std::uint16_t index) const {
    sqfs_u32 id = 0;
    input_.check(
        sqfs_id_table_index_to_id(owners_.get(), index, &id), "an owner is not in its table"
    );
    return id;
}

ImageReader::Node Squashfs::node(NodeId id) {
    auto inode = this->inode(id);
    Node node;
    node.mode = mode_of(inode.base);
    node.uid = owner(inode.base.uid_idx);
    node.gid = owner(inode.base.gid_idx);
    node.mtime.seconds = inode.base.mod_time;
    node.size = inode.size;
    // As the kernel's new_encode_dev has it.
    node.device = makedev(
        (inode.device & 0xfff00U) >> 8U, (inode.device & 0xffU) | ((inode.device >> 12U) & 0xfff00U)
    );
    node.target = std::move(inode.target);
    node.xattrs = xattrs_->of(inode.xattrs);
    return node;
}

std::vector<ImageReader::Child> Squashfs::children(NodeId directory) {
    const auto found = inode(directory);
    sqfs_inode_generic_t place{};
    place.base.type = SQFS_INODE_EXT_DIR;
    place.data.dir_ext = found.directory;
    const auto* const lost = "a directory cannot be read";
    sqfs_readdir_state_t state{};
    input_.check(sqfs_readdir_state_init(&state, &super_, &place), lost);
    std::vector<Child> children;
    while (true) {
        sqfs_dir_entry_t* entry = nullptr;
        sqfs_u64 node = 0;
        const auto result =
            sqfs_meta_reader_readdir(directories_.get(), &state, &entry, nullptr, &node);
        if (result > 0) {
            return children;
        }
        input_.check(result, lost);
        const std::unique_ptr<sqfs_dir_entry_t, decltype(&sqfs_free)> held(entry, sqfs_free);
        children.push_back(
            {std::string(reinterpret_cast<const char*>(entry->name), std::size_t{entry->size} + 1),
             node}
        );
    }
}

std::unique_ptr<ImageFile> Squashfs::open(NodeId file) {
    auto layout = inode(file).file;
    const auto block_bytes = super_.block_size;
    auto blocks = layout.size / block_bytes;
    blocks += !layout.has_fragment && layout.size % block_bytes != 0 ? 1 : 0;
    if (blocks > most_blocks) {
        throw Error(Fault::refused, fmt::format("a file of {} bytes is too large", layout.size))
            .hint("unpack the image with unsquashfs and import the directory");
    }
    layout.blocks.resize(blocks);
    input_.check(
        sqfs_meta_reader_read(
            inodes_.get(), layout.blocks.data(), blocks * sizeof(layout.blocks.front())
        ),
        "the blocks of a file are cut off"
    );
    return std::make_unique<SquashfsFile>(*data_, std::move(layout));
}

} // namespace

std::unique_ptr<ImageReader> open_squashfs(const Blob& image) {
    return std::make_unique<Squashfs>(image);
}

} // namespace slipway::formats
