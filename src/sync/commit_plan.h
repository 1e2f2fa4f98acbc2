// Which commits a repository lacks of what another one has.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/repository.h"
#include "sync/peer.h"

namespace slipway::sync {

struct FetchedCommit {
    Digest id;
    tree::Commit commit;
    Buffer encoded;
};

/// Commits from the repository, else from the peer: one by one at first, then all in one request.
/// Memory: the peer's history, once that was asked for.
class CommitSource {
public:
    CommitSource(const store::Repository& repository, Peer& peer)
        : repository_(repository), peer_(peer) {}

    /// Throws Fault::not_found if neither has it.
    const FetchedCommit& get(const Digest& id);

    /// True if `ancestor` is `commit` or what it came from, as far as either knows.
    bool is_ancestor(const Digest& ancestor, const Digest& commit);

    const std::unordered_set<Digest>& ends_of_peer();

private:
    const FetchedCommit& keep(const Digest& id, Buffer encoded);

    const store::Repository& repository_;
    Peer& peer_;
    std::unordered_map<Digest, FetchedCommit> commits_;
    std::optional<std::unordered_set<Digest>> ends_;
    std::size_t asked_ = 0;
};

/// How far back a history is to be had.
struct Depth {
    /// Commits from each tip; nothing: up to where the repository knows it, or ends on purpose.
    std::optional<std::uint64_t> generations = {};
};

constexpr std::uint64_t whole_history = UINT64_MAX;

struct CommitPlan {
    std::vector<FetchedCommit> commits; ///< that the repository has not whole; the oldest first
    std::unordered_set<Digest> known;   ///< that it has whole
    std::vector<Digest> new_ends;       ///< at which the history will end
    std::vector<Digest> old_ends;       ///< at which it ended, and will not any more
};

CommitPlan plan_commits(
    const store::Repository& repository,
    CommitSource& source,
    const std::vector<Digest>& tips,
    const Depth& depth
);

} // namespace slipway::sync
