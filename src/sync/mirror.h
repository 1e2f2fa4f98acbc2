// A repository made the same as another one: its packs as they are. What else there is comes in
// sync/adoption.h.
#pragma once

#include <cstdint>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"
#include "sync/peer.h"

namespace slipway::sync {

struct PackCopy {
    std::vector<ListedPack> packs; ///< to be fetched
    std::uint64_t bytes = 0;
};

/// The peer's packs that are not here and are not known to hold nothing new.
PackCopy plan_packs(Peer& peer, const store::Repository& repository);

/// Copies packs: each is verified down to its last object, then indexed. One that was cut off goes
/// on where it ended the next time. One that is damaged is asked of each server anew. The others
/// come all the same; then Fault::corrupt is thrown, which names it. Throws Fault::unavailable
/// while another process copies packs to the repository: they would write to the same files.
void copy_packs(
    Peer& peer, store::Repository& repository, const PackCopy& copy, Reporter& reporter
);

} // namespace slipway::sync
