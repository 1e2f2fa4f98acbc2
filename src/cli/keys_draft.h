// The next key set of a repository while it is being made: a file in the repository that loses its
// signatures whenever it is changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "trust/key_chain.h"

namespace slipway::cli {

class KeysDraft {
public:
    /// `repository` outlives it.
    explicit KeysDraft(const store::Repository& repository) : repository_(repository) {}

    /// The draft as it lies there; nothing if there is none.
    std::optional<trust::SignedKeySet> find() const;

    /// Throws Fault::not_found if there is none.
    trust::SignedKeySet need() const;

    /// What the next change begins with: the draft, else the newest set under the next number.
    /// Throws Fault::not_found if the repository has no keys.
    trust::KeySet begin() const;

    void put(const trust::SignedKeySet& draft) const;

    /// False if there was none.
    bool discard() const;

private:
    const store::Repository& repository_;
};

/// The set as a draft without signatures. Throws Fault::usage if it is not well formed.
trust::SignedKeySet unsigned_draft(const trust::KeySet& keys);

/// The first set: `roots` sign, `server` signs head statements.
trust::KeySet
first_key_set(std::vector<trust::PublicKey> roots, trust::PublicKey server, std::size_t threshold);

/// The key that `text` names: a file as `.pub` files are, or a fingerprint of one of the set's.
/// Throws Fault::not_found.
trust::PublicKey find_key(const trust::KeySet& keys, const std::string& text);

/// A `.pub` file. Throws Fault::corrupt.
trust::PublicKey read_public_key(const std::string& file);

/// Adds a key in its place. Throws Fault::usage if it is there or revoked.
void add_key(
    const trust::KeySet& keys, std::vector<trust::PublicKey>& kind, const trust::PublicKey& key
);

/// Throws Fault::not_found if it is not there.
void remove_key(std::vector<trust::PublicKey>& kind, const trust::PublicKey& key);

/// Makes the key count for nothing: it goes from everywhere else.
void revoke_key(trust::KeySet& keys, const trust::PublicKey& key);

/// Adds or replaces what a pattern asks for.
void set_policy(trust::KeySet& keys, trust::BranchPolicy policy);

/// The keys that must sign a draft: the newest set's roots, for the first its own; and how many.
struct SigningRoots {
    std::vector<trust::PublicKey> roots;
    std::size_t threshold = 0;
};

SigningRoots signing_roots(const store::Repository& repository, const trust::KeySet& draft);

} // namespace slipway::cli
