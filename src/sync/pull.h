// Commits with all that they need, copied from a peer into a repository.
#pragma once

#include <cstdint>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"
#include "sync/commit_plan.h"
#include "sync/peer.h"

namespace slipway::sync {

struct PullTotals {
    std::uint64_t commits = 0;
    std::uint64_t objects = 0;       ///< that were lacking
    std::uint64_t payload_bytes = 0; ///< of lacking chunks, not compressed
};

/// Objects come in packs that the peer makes of its frames, verified and indexed as they arrive:
/// what has come stays when the work is cut off. From a server that makes none they come by ranges.
/// Memory: the directories under way, 64 MiB of payload.
///
/// Afterwards everything that the plan's commits need is in the repository, and no ref has moved.
/// Throws Fault::corrupt or not_found, naming the object, if the peer could not give it whole.
PullTotals
pull(Peer& peer, store::Repository& repository, const CommitPlan& plan, Reporter& reporter);

/// What pull() would fetch. Fetches directories, writes nothing.
PullTotals plan_pull(
    Peer& peer, const store::Repository& repository, const CommitPlan& plan, Reporter& reporter
);

} // namespace slipway::sync
