// A tree being put together: every name and attribute of it in memory, and in the end its directory
// objects.
//
// As in a filesystem, names lead to inodes, and two names of one inode are a hard link. Small: some
// 150 bytes an entry. One thread at a time, but an inode may be filled in by another thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tree/ingest.h"
#include "tree/objects.h"

namespace slipway::formats {

class Draft {
public:
    using InodeId = std::uint32_t;
    using FolderId = std::uint32_t;
    static constexpr FolderId root = 0;

    struct Inode {
        std::uint32_t mode = 0; ///< with its type, as stat(2) gives it; 0: to be left out
        std::uint32_t uid = 0;
        std::uint32_t gid = 0;
        std::uint32_t xattrs = 0; ///< from intern()
        tree::Time mtime = {};
        std::uint64_t detail =
            0;               ///< a file's size, a device's number (dev_t), a directory's folder
        Digest content = {}; ///< of a file
    };

    struct Name {
        std::uint32_t offset = 0;
        std::uint32_t length = 0;
        InodeId inode = 0;
    };

    struct Folder {
        InodeId inode = 0;
        std::string text; ///< of all its names
        std::vector<Name> names;

        std::string_view spelled(const Name& name) const {
            return std::string_view(text).substr(name.offset, name.length);
        }
    };

    /// A regular file by one of its names, which lives as long as the folder's.
    struct File {
        FolderId folder = 0;
        InodeId inode = 0;
        std::string_view name;
    };

    /// Holds a root folder without attributes.
    Draft();

    InodeId add_inode(const Inode& inode);
    InodeId add_symlink(Inode inode, std::string target);

    /// A directory, still without a name; folder_inode() holds its attributes.
    FolderId add_folder();

    /// Takes a name that `folder` does not hold yet.
    void add_name(FolderId folder, std::string_view name, InodeId inode);

    /// One number for each set of extended attributes; 0 for none. Sorted by name.
    std::uint32_t intern(std::vector<tree::Xattr> xattrs);

    const std::vector<tree::Xattr>& xattrs(const Inode& inode) const {
        return xattr_sets_.at(inode.xattrs);
    }

    /// The reference stays good while the draft lives.
    Inode& inode(InodeId id) { return inodes_[id]; }

    const Inode& inode(InodeId id) const { return inodes_[id]; }

    Folder& folder(FolderId id) { return folders_[id]; }

    const Folder& folder(FolderId id) const { return folders_[id]; }

    Inode& folder_inode(FolderId id) { return inodes_[folders_[id].inode]; }

    std::size_t inode_count() const { return inodes_.size(); }

    /// Drops what is left out and sorts the names of every folder.
    void arrange();

    /// All folders that are reached, parents first, in the order of names. After arrange().
    std::vector<FolderId> folders_in_order() const;

    /// The regular files that are wanted, each once, in the order in which they are to lie in the
    /// store (tree::stored_before). `wanted` is asked once for each. After arrange().
    std::vector<File> files_in_order(const std::function<bool(InodeId)>& wanted) const;

    /// Encodes and adds all directories, the lowest first. After arrange(), and when all files
    /// have their contents. Returns the root's name.
    Digest store(tree::Ingest& ingest) const;

private:
    using Links = std::unordered_map<InodeId, tree::LinkId>;

    std::vector<bool> linked_inodes() const; // empty if there are none
    Links name_links() const;
    tree::Attributes attributes(const Inode& inode) const;
    tree::Node node(const Inode& inode, InodeId id) const;
    tree::Directory
    directory(FolderId id, const Links& links, const std::vector<Digest>& done) const;

    std::deque<Inode> inodes_;
    std::deque<Folder> folders_;
    std::unordered_map<InodeId, std::string> targets_; // of symbolic links
    std::deque<std::vector<tree::Xattr>> xattr_sets_;
    std::unordered_map<std::string, std::uint32_t> xattr_numbers_; // by their bytes
};

} // namespace slipway::formats
