// Which commits a repository's branches reach.
#pragma once

#include <vector>

#include "store/repository.h"

namespace slipway::server {

/// Where a branch is and was, at one moment.
struct BranchHistory {
    store::Branch branch;
    std::vector<store::Move> moves; ///< newest first, at least one
};

std::vector<BranchHistory> read_branches(const store::Repository& repository);

/// Every commit that the branches, their reflogs or the tags name, and all their ancestors, as far
/// as the history goes here, each once.
std::vector<Digest> reachable_commits(
    const store::Repository& repository,
    const std::vector<BranchHistory>& branches,
    const std::vector<store::Tag>& tags
);

/// An object that must be there. Throws Fault::corrupt if the repository lacks it.
Buffer read_object(const store::Repository& repository, const Digest& id);

} // namespace slipway::server
