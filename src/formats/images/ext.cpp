#include "formats/images/ext.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "formats/images/ext_channel.h"
#include "formats/images/ext_library.h"
#include "formats/images/ext_runs.h"
#include "formats/images/run_file.h"
#include "formats/posix_acl.h"

namespace slipway::formats {

namespace {

constexpr std::size_t most_children = 1U << 26U;

template <auto free>
struct Free {
    template <typename Object>
    void operator()(Object* object) const {
        free(object);
    }
};

void free_filesystem(ext2_filsys filesystem) {
    ext2fs_free(filesystem); // without writing anything
}

void close_xattrs(ext2_xattr_handle* handle) {
    ext2fs_xattrs_close(&handle);
}

void close_file(ext2_file* file) {
    ext2fs_file_close(file);
}

using Filesystem = std::unique_ptr<struct_ext2_filsys, Free<free_filesystem>>;
using Xattrs = std::unique_ptr<ext2_xattr_handle, Free<close_xattrs>>;
using OpenFile = std::unique_ptr<ext2_file, Free<close_file>>;

using Inode = ext2_inode_large;

bool has_flag(const Inode& inode, std::uint32_t flag) {
    return (inode.i_flags & flag) != 0;
}

std::uint64_t size_of(const Inode& inode) {
    return inode.i_size | std::uint64_t{inode.i_size_high} << 32U;
}

dev_t device_of(const Inode& inode) {
    const auto old = inode.i_block[0];
    if (old != 0) {
        return makedev((old >> 8U) & 0xffU, old & 0xffU);
    }
    const auto device = inode.i_block[1];
    return makedev((device & 0xfff00U) >> 8U, (device & 0xffU) | ((device >> 12U) & 0xfff00U));
}

/// An ACL as the kernel gives it: the library leaves ids empty where there are none.
std::string kernel_acl(ConstBytes value) {
    constexpr std::size_t header_bytes = 4;
    constexpr std::size_t entry_bytes = 8;
    auto acl = to_buffer(value);
    for (auto at = header_bytes; at + entry_bytes <= acl.size(); at += entry_bytes) {
        const auto entry = Bytes(acl).subspan(at, entry_bytes);
        const auto tag = load_u16(entry);
        if (tag != AclEntry::user && tag != AclEntry::group) {
            store_u32(entry.subspan(4), AclEntry::no_id);
        }
    }
    return std::string(as_text(acl));
}

class Ext final : public ImageReader {
public:
    explicit Ext(const Blob& image) : image_(image), channel_(image) { open_filesystem(); }

    NodeId root() const override { return EXT2_ROOT_INO; }

    Node node(NodeId id) override;
    std::vector<Child> children(NodeId directory) override;
    std::unique_ptr<ImageFile> open(NodeId file) override;

private:
    void open_filesystem();
    Inode inode(NodeId id);
    std::vector<Child> list(NodeId directory);
    tree::Time mtime(const Inode& inode) const;
    std::string target(NodeId id, Inode& inode);
    Buffer inline_content(NodeId id, Inode& inode);
    Buffer block_content(NodeId id, Inode& inode, std::uint64_t limit);
    std::vector<tree::Xattr> xattrs(NodeId id);

    std::vector<RunFile::Run> runs(NodeId id, Inode& inode) {
        return ext_runs(channel_, fs(), number(id), inode);
    }

    ext2_filsys fs() const { return filesystem_.get(); }

    static ext2_ino_t number(NodeId id) { return static_cast<ext2_ino_t>(id); }

    static ext2_inode* plain(Inode& inode) { return reinterpret_cast<ext2_inode*>(&inode); }

    const Blob& image_;
    ExtChannel channel_;
    Filesystem filesystem_;
};

void Ext::open_filesystem() {
    ext2_filsys opened = nullptr;
    const auto result = channel_.open(&opened);
    filesystem_.reset(result == 0 ? opened : nullptr);
    if (result == EXT2_ET_UNSUPP_FEATURE || result == EXT2_ET_RO_UNSUPP_FEATURE) {
        throw Error(Fault::refused, "the ext image has features that are not known here")
            .hint("mount it and import the directory");
    }
    channel_.check(result, "its superblock or its group descriptors are impossible");
    if (ext2fs_has_feature_journal_needs_recovery(fs()->super) != 0) {
        throw Error(
            Fault::refused, "the ext image was not unmounted: its journal has changes in it"
        )
            .hint("run e2fsck -f on a copy of it, then import that");
    }
    if (ext2fs_has_feature_journal_dev(fs()->super) != 0) {
        throw Error(Fault::refused, "this is a journal of an ext filesystem, without files");
    }
    if (ext2fs_blocks_count(fs()->super) > image_.size() / fs()->blocksize) {
        damaged_ext("it is cut off");
    }
}

Inode Ext::inode(NodeId id) {
    Inode inode{};
    channel_.check(
        ext2fs_read_inode_full(fs(), number(id), plain(inode), sizeof(inode)),
        fmt::format("inode {} cannot be read", id)
    );
    if (inode.i_links_count == 0) {
        damaged_ext(fmt::format("inode {} is not in use", id));
    }
    if (has_flag(inode, EXT4_ENCRYPT_FL)) {
        throw Error(Fault::refused, "the ext image has encrypted files")
            .hint("mount it with its key and import the directory");
    }
    return inode;
}

tree::Time Ext::mtime(const Inode& inode) const {
    constexpr std::uint32_t epoch_bits = 2;
    constexpr std::uint32_t second = 1'000'000'000;
    tree::Time time{static_cast<std::int32_t>(inode.i_mtime), 0};
    const auto held = std::uint64_t{EXT2_GOOD_OLD_INODE_SIZE} + inode.i_extra_isize;
    const auto end = offsetof(Inode, i_mtime_extra) + sizeof(inode.i_mtime_extra);
    if (EXT2_INODE_SIZE(fs()->super) >= end && held >= end) {
        const auto extra = inode.i_mtime_extra;
        time.seconds += std::int64_t{extra & EXT4_EPOCH_MASK} << 32U;
        time.nanoseconds = std::min(extra >> epoch_bits, second - 1);
    }
    return time;
}

/// The content that an inode holds itself; it is shorter than the file if that ends in zeros.
Buffer Ext::inline_content(NodeId id, Inode& inode) {
    const auto problem = fmt::format("the content of inode {} cannot be read", id);
    constexpr std::size_t longest = 65536;
    const auto size = size_of(inode);
    std::size_t held = 0;
    channel_.check(ext2fs_inline_data_size(fs(), number(id), &held), problem);
    if (held > longest || size > longest) {
        damaged_ext(problem);
    }
    Buffer content(held);
    channel_.check(
        ext2fs_inline_data_get(fs(), number(id), nullptr, content.data(), &held), problem
    );
    content.resize(size);
    return content;
}

/// The target of a symbolic link that has a block.
Buffer Ext::block_content(NodeId id, Inode& inode, std::uint64_t limit) {
    const auto size = size_of(inode);
    if (size > limit) {
        damaged_ext(fmt::format("the content of inode {} is too long", id));
    }
    ext2_file_t opened = nullptr;
    const auto problem = fmt::format("the content of inode {} cannot be read", id);
    channel_.check(ext2fs_file_open2(fs(), number(id), plain(inode), 0, &opened), problem);
    const OpenFile file(opened);
    Buffer content(size);
    std::size_t done = 0;
    while (done < size) {
        unsigned int got = 0;
        const auto wanted = static_cast<unsigned int>(size - done);
        channel_.check(ext2fs_file_read(opened, content.data() + done, wanted, &got), problem);
        if (got == 0) {
            damaged_ext(problem);
        }
        done += got;
    }
    return content;
}

std::string Ext::target(NodeId id, Inode& inode) {
    const auto size = size_of(inode);
    if (ext2fs_is_fast_symlink(plain(inode)) != 0 && size < sizeof(inode.i_block)) {
        return {reinterpret_cast<const char*>(inode.i_block), size};
    }
    if (has_flag(inode, EXT4_INLINE_DATA_FL)) {
        return std::string(as_text(inline_content(id, inode)));
    }
    return std::string(as_text(block_content(id, inode, tree::longest_target)));
}

std::vector<tree::Xattr> Ext::xattrs(NodeId id) {
    ext2_xattr_handle* opened = nullptr;
    const auto problem = fmt::format("the extended attributes of inode {} cannot be read", id);
    channel_.check(ext2fs_xattrs_open(fs(), number(id), &opened), problem);
    const Xattrs handle(opened);
    channel_.check(ext2fs_xattrs_read(opened), problem);
    Collected<std::vector<tree::Xattr>> found;
    const auto take = [](char* name, char* value, std::size_t size, void* to) {
        return static_cast<decltype(found)*>(to)->add(
            [&](auto& all) {
                all.push_back({name, std::string(value, size)});
            },
            XATTR_ABORT
        );
    };
    channel_.check(ext2fs_xattrs_iterate(opened, take, &found), problem);
    auto all = found.take();
    std::erase_if(all, [](const auto& each) { return each.name == "system.data"; });
    for (auto& xattr : all) {
        if (xattr.name.starts_with("system.posix_acl_")) { // in the kernel's form only by get
            void* value = nullptr;
            std::size_t size = 0;
            channel_.check(ext2fs_xattr_get(opened, xattr.name.c_str(), &value, &size), problem);
            xattr.value = kernel_acl({static_cast<const std::byte*>(value), size});
            ext2fs_free_mem(&value);
        }
    }
    return all;
}

ImageReader::Node Ext::node(NodeId id) {
    auto inode = this->inode(id);
    Node node;
    node.mode = inode.i_mode;
    node.uid = inode_uid(inode);
    node.gid = inode_gid(inode);
    node.mtime = mtime(inode);
    node.xattrs = xattrs(id);
    switch (node.mode & S_IFMT) {
    case S_IFREG:
        node.size = size_of(inode);
        break;
    case S_IFLNK:
        node.target = target(id, inode);
        break;
    case S_IFCHR:
    case S_IFBLK:
        node.device = device_of(inode);
        break;
    default:
        break;
    }
    return node;
}

/// All names in a directory.
std::vector<ImageReader::Child> Ext::list(NodeId directory) {
    auto inode = this->inode(directory);
    const auto problem = fmt::format("directory {} cannot be read", directory);
    if (!has_flag(inode, EXT4_INLINE_DATA_FL)) {
        std::uint64_t mapped = 0;
        for (const auto& run : runs(directory, inode)) {
            mapped += run.length;
        }
        if (mapped > size_of(inode)) {
            damaged_ext(problem);
        }
    }
    Collected<std::vector<Child>> found;
    const auto take = [](ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* to) {
        return static_cast<decltype(found)*>(to)->add(
            [&](auto& all) {
                const auto length = static_cast<std::size_t>(ext2fs_dirent_name_len(entry));
                std::string name(entry->name, length);
                if (name != "." && name != "..") {
                    all.push_back({std::move(name), entry->inode});
                }
                if (all.size() > most_children) {
                    damaged_ext("a directory has too many names");
                }
            },
            DIRENT_ABORT
        );
    };
    channel_.check(ext2fs_dir_iterate2(fs(), number(directory), 0, nullptr, take, &found), problem);
    return found.take();
}

std::vector<ImageReader::Child> Ext::children(NodeId directory) {
    auto children = list(directory);
    if (directory == root()) {
        std::erase_if(children, [&](const Child& child) {
            return child.name == "lost+found" && S_ISDIR(inode(child.node).i_mode) &&
                   list(child.node).empty();
        });
    }
    return children;
}

std::unique_ptr<ImageFile> Ext::open(NodeId file) {
    auto inode = this->inode(file);
    if (has_flag(inode, EXT4_INLINE_DATA_FL)) {
        return std::make_unique<MemoryFile>(inline_content(file, inode));
    }
    return std::make_unique<RunFile>(image_, size_of(inode), runs(file, inode));
}

} // namespace

std::unique_ptr<ImageReader> open_ext(const Blob& image) {
    return std::make_unique<Ext>(image);
}

} // namespace slipway::formats
