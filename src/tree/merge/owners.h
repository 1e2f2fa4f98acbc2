// Owners that are known by other numbers in the result than in theirs.
#pragma once

#include "tree/merge/id_map.h"
#include "tree/objects.h"

namespace slipway::tree {

/// New numbers for users and groups of theirs. They apply to what theirs added or changed compared
/// with the base, and to nothing else: a number that theirs kept from the base means the same user
/// on all sides. Ids in POSIX access control lists follow too.
struct OwnerMap {
    IdMap uids;
    IdMap gids;

    bool empty() const { return uids.empty() && gids.empty(); }

    /// Theirs' attributes with the new numbers. `base` are those of the same path in the base, or
    /// null if there was nothing (or something else).
    Attributes mapped(Attributes theirs, const Attributes* base) const;
};

} // namespace slipway::tree
