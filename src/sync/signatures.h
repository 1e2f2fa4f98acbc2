// Signatures that come from elsewhere.
#pragma once

#include <cstddef>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"
#include "sync/records.h"

namespace slipway::sync {

/// A commit takes no more from elsewhere: whoever sends them could make any number.
constexpr std::size_t most_signatures_of_commit = 128;

/// Keeps those that are signatures of commits that are here, by whomever, and not kept yet. Durable
/// on return. Tells how many were left out of these commits: what is no signature of its commit,
/// and what is one too many.
void keep_signatures(
    const store::Repository& repository,
    const std::vector<SignedCommit>& offered,
    Reporter& reporter
);

} // namespace slipway::sync
