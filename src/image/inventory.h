// A tree as flat arrays: everything its image holds, before anything has a place.
//
// Rules: docs/format/image.md, "What is in it" and "Order".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "image/erofs.h"
#include "image/notices.h"
#include "image/xattr_table.h"
#include "tree/objects.h"

namespace slipway::image {

struct Inode {
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t mode = 0; ///< with the type
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    XattrTable::SetId xattrs = 0;
    std::uint32_t links = 1;
    std::uint64_t size = 0; ///< of the content as EROFS sees it: bytes, names or target

    /// By type: the index in Inventory::files (unless empty) or directories, where the target
    /// begins in Inventory::text, or the encoded device number.
    std::uint64_t subject = 0;

    friend bool operator==(const Inode&, const Inode&) = default;
};

/// A directory entry.
struct Name {
    std::uint64_t begin = 0; ///< in Inventory::text
    std::uint32_t inode = 0;
    std::uint8_t length = 0;
    erofs::FileType type = erofs::FileType::regular;
};

/// The names of one directory, "." and ".." among them, sorted as bytes.
struct DirectoryNames {
    std::uint32_t inode = 0;
    std::uint32_t parent = 0;   ///< in Inventory::directories; the root's is the root
    std::uint32_t depth = 0;    ///< the root's is 0
    std::uint64_t own_name = 0; ///< in Inventory::names, where its parent names it
    std::uint64_t first = 0;    ///< in Inventory::names
    std::uint64_t count = 0;
};

struct Inventory {
    std::vector<Inode> inodes; ///< in the order of the image; the root is the first
    std::vector<Name> names;
    std::vector<DirectoryNames> directories;
    std::vector<tree::File> files; ///< each payload once, none empty, in the order of the image
    std::string text;              ///< names and targets
    XattrTable xattrs;             ///< settled
    Notices notices;

    std::string_view text_of(const Name& name) const {
        return std::string_view(text).substr(name.begin, name.length);
    }

    std::span<const Name> names_of(const DirectoryNames& directory) const {
        return std::span(names).subspan(directory.first, directory.count);
    }
};

/// More names than this in one tree ("." and ".." included) are refused with Fault::usage.
constexpr std::uint64_t most_names = 1ULL << 26U;

/// Reads the directories of `tree`. Throws Fault::corrupt for one that contradicts itself,
/// Fault::usage for one that no image can hold, both naming the path.
Inventory take_inventory(const Contents& contents, const Digest& tree);

} // namespace slipway::image
