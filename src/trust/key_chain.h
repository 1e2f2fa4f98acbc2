// A chain of key sets: each signed by the roots of the one before (docs/format/keys.md, K12).
#pragma once

#include <string_view>
#include <vector>

#include "trust/key_set.h"
#include "trust/signed_text.h"

namespace slipway::trust {

struct SignedKeySet {
    SignedText document;
    KeySet keys; ///< what the document says

    Digest name() const { return document.name(); }

    /// Throws Fault::corrupt.
    static SignedKeySet decode(std::string_view bytes);
};

/// Throws Fault::refused unless `next` follows `before` (null: `next` is the first) and carries
/// the signatures it needs.
void check_step(const SignedKeySet* before, const SignedKeySet& next);

/// At least one set; every step in it has been checked. A plain value.
class KeyChain {
public:
    /// Throws Fault::corrupt for damage, refused for a gap, a fork or missing signatures. The first
    /// set is taken as it is unless its number is 1.
    static KeyChain decode(std::string_view bytes);

    const SignedKeySet& first() const { return sets_.front(); }

    const SignedKeySet& newest() const { return sets_.back(); }

    const std::vector<SignedKeySet>& sets() const { return sets_; }

    /// True if a set of that name is in it.
    bool contains(const Digest& name) const;

    /// Goes on to the end of `offered`, which somebody sent, and takes over the sets it has before
    /// this chain's first. Throws Fault::refused if `offered` is of another repository, ends before
    /// this chain does, begins after it, or has another set of a number that is known.
    void follow(const KeyChain& offered);

private:
    std::vector<SignedKeySet> sets_;
};

std::string encode(const KeyChain& chain);

} // namespace slipway::trust
