// Walking over trees, without a checkout.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// The entry of that name; null if there is none. It lives as long as the directory.
const Entry* entry_named(const Directory& directory, std::string_view name);

/// What lies at `path` ("/usr/bin", "usr/bin", "/"): a directory for the root and for a
/// Subdirectory, else the entry alone. Symbolic links are not followed.
struct Found {
    std::optional<Entry> entry; ///< nothing for the root
    std::optional<Directory> directory;
};

/// Throws Fault::not_found, naming the first component that is missing.
Found find(const Contents& contents, const Digest& tree, std::string_view path);

/// The same; nothing if there is no such path.
std::optional<Found> look_up(const Contents& contents, const Digest& tree, std::string_view path);

/// Called for every directory of a tree, parents first, in the order of names. `path` is "" for
/// the root, else "/usr/bin". Equal subtrees are visited as often as they occur.
using VisitDirectory =
    std::function<void(const std::string& path, const Digest& id, const Directory& directory)>;

/// Refuses a tree nested deeper than `deepest_tree` with Fault::corrupt.
constexpr std::size_t deepest_tree = 4096;
void walk(const Contents& contents, const Digest& tree, const VisitDirectory& visit);

/// An object that a tree refers to.
struct ObjectRef {
    Digest id;
    Kind kind = Kind::directory;
    friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

/// Everything a tree needs besides its payload: its directories and chunk lists, each once, the
/// root first, every other one after a directory that names it. Reads the directories alone.
std::vector<ObjectRef> closure(const Contents& contents, const Digest& tree);

/// A chunk that a tree refers to.
struct ChunkRef {
    Digest id;
    std::uint64_t length = 0;
    friend bool operator==(const ChunkRef&, const ChunkRef&) = default;
};

/// Calls `each` for every chunk of a tree once, in the order in which they were stored: by
/// directory, then as stored_before() in ingest.h. Reads the closure, no payload.
void for_each_chunk(
    const Contents& contents, const Digest& tree, const std::function<void(const ChunkRef&)>& each
);

} // namespace slipway::tree
