// Hard links of a tree: rule D13 of docs/format/objects.md, which no directory shows alone.
#pragma once

#include <unordered_map>

#include "base/stream.h"
#include "store/fsck/losses.h"
#include "tree/objects.h"

namespace slipway::store {

/// What is known of a directory and all below it.
struct Subtree {
    bool has_links = false; ///< an entry has a link id
    bool is_whole = true;   ///< everything could be read
};

using Subtrees = std::unordered_map<Digest, Subtree>;

/// Tells of each group of hard links in `tree` whose members are not alike, whose id is not that of
/// its first path, or that has one member only. Reads only the directories that have links.
void check_links(
    const Contents& contents,
    const Digest& tree,
    const std::string& commit,
    const Subtrees& subtrees,
    Findings& findings
);

} // namespace slipway::store
