// What a repository elsewhere has besides its packs: where its branches are and were, tags,
// signatures, key sets and head statements.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "sync/peer.h"
#include "trust/key_chain.h"

namespace slipway::sync {

/// Says where a branch is, and is signed by a server's key of the newest key set there.
struct OfferedStatement {
    store::Branch said;
    std::string statement;
};

struct Refs {
    std::vector<store::Branch> branches;
    std::vector<std::vector<store::Move>> moves; ///< of each branch, newest first
    std::vector<store::Tag> tags;
    std::vector<SignedCommit> signatures;
    std::vector<Digest> shallow;
    std::optional<trust::KeyChain> keys; ///< from the first set; nothing: none come along
    std::vector<OfferedStatement> statements;
    std::vector<Error> refusals; ///< of statements that no server had a good one of
};

struct RefsQuestion {
    enum class Keys {
        theirs, ///< key sets and head statements come along
        own,    ///< those of this repository are its own business
    } keys = Keys::theirs;
    std::optional<trust::KeyChain> trusted = {}; ///< the keys there must follow from these
};

/// What the peer has now. Moves are fetched of those branches only that are not the same here.
///
/// Key sets must follow from those that are here, and from the trusted ones; a statement must be
/// signed, and not be older than the one that is here. Of several servers one that shows something
/// older, or of what cannot be believed, is told and passed over. Throws Fault::refused if none
/// shows key sets that can be believed.
Refs read_refs(Peer& peer, const store::Repository& repository, const RefsQuestion& question);

/// Throws Fault::corrupt unless everything is here that the refs lead to.
void check_refs(const store::Repository& repository, const Refs& refs);

} // namespace slipway::sync
