// A repository made the same as another one: its packs as they are, its refs with their moves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"
#include "sync/peer.h"

namespace slipway::sync {

/// Everything a repository has besides its packs.
struct Refs {
    std::vector<store::Branch> branches;
    std::vector<std::vector<store::Move>> moves; ///< of each branch, newest first
    std::vector<store::Tag> tags;
    std::vector<SignedCommit> signatures;
    std::vector<Digest> shallow;
};

/// What the peer has now. Moves are fetched of those branches only that are not the same here.
Refs read_refs(Peer& peer, const store::Repository& repository);

struct PackCopy {
    std::vector<ListedPack> packs; ///< to be fetched
    std::uint64_t bytes = 0;
};

/// The peer's packs that are not here and are not known to hold nothing new.
PackCopy plan_packs(Peer& peer, const store::Repository& repository);

/// Copies packs: each is verified down to its last object, then indexed. One that was cut off goes
/// on where it ended the next time. One that is damaged is asked of each server anew. The others
/// come all the same; then Fault::corrupt is thrown, which names it.
void copy_packs(
    Peer& peer, store::Repository& repository, const PackCopy& copy, Reporter& reporter
);

/// Throws Fault::corrupt unless everything is here that the refs lead to.
void check_refs(const store::Repository& repository, const Refs& refs);

} // namespace slipway::sync
