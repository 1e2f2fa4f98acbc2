// What a repository lost, fetched again from others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/reporter.h"
#include "store/completeness.h"
#include "store/repository.h"
#include "sync/mirrors.h"

namespace slipway::sync {

struct RepairTotals {
    std::uint64_t fetched = 0;        ///< objects
    std::vector<store::Missing> lost; ///< that no source has
};

/// Fetches by name what branches, their moves and tags lead to and what is absent, from one source
/// after the other, each object verified. A source that cannot be reached is told and passed over.
RepairTotals repair(
    store::Repository& repository, const std::vector<MirrorOptions>& sources, Reporter& reporter
);

} // namespace slipway::sync
