// Walking over trees, without a checkout.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// Everything a commit needs besides its payload: all its directories and chunk lists.
struct ObjectRef {
    Digest id;
    Kind kind = Kind::directory;
};

/// What lies at `path` ("/usr/bin", "usr/bin", "/"): a directory for the root and for a
/// Subdirectory, else the entry alone. Symbolic links are not followed.
struct Found {
    std::optional<Entry> entry; ///< nothing for the root
    std::optional<Directory> directory;
};

/// Throws Fault::not_found, naming the first component that is missing.
Found find(const Contents& contents, const Digest& tree, std::string_view path);

/// Called for every directory of a tree, parents first, in the order of names. `path` is "" for
/// the root, else "/usr/bin". Equal subtrees are visited as often as they occur.
using VisitDirectory =
    std::function<void(const std::string& path, const Digest& id, const Directory& directory)>;

/// Refuses a tree nested deeper than `deepest_tree` with Fault::corrupt.
constexpr std::size_t deepest_tree = 4096;
void walk(const Contents& contents, const Digest& tree, const VisitDirectory& visit);

} // namespace slipway::tree
