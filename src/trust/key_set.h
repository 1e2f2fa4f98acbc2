// A key set: whose signatures count in a repository, and for which branches (docs/format/keys.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "trust/keys.h"

namespace slipway::trust {

constexpr std::string_view key_set_namespace = "slipway-keys";

/// What a commit needs to be on a branch.
struct BranchPolicy {
    std::string pattern;                 ///< a name, or the start of names and a '*'
    std::size_t count = 0;               ///< how many must have signed
    std::vector<std::string> principals; ///< who may; "*" is anybody

    friend bool operator==(const BranchPolicy&, const BranchPolicy&) = default;
};

struct KeySet {
    Digest repository; ///< random, the same in all of a chain
    std::uint64_t sequence = 1;
    std::optional<Digest> previous;
    std::int64_t time = 0;              ///< seconds since 1970
    std::size_t threshold = 1;          ///< how many roots must sign the next set
    std::vector<PublicKey> roots;       ///< sorted, as all keys here
    std::vector<PublicKey> servers;     ///< may sign head statements
    std::vector<std::string> signers;   ///< lines of allowed signers
    std::vector<PublicKey> revoked;     ///< count for nothing
    std::vector<BranchPolicy> branches; ///< the first that fits decides

    friend bool operator==(const KeySet&, const KeySet&) = default;
};

/// The one text of a set that is well formed.
std::string encode(const KeySet& keys);

/// Throws Fault::corrupt.
KeySet decode_key_set(std::string_view text);

/// What the set asks of a commit on `branch`; null if nothing.
const BranchPolicy* policy_of(const KeySet& keys, std::string_view branch);

/// The lines of `signers` as one file.
std::string signers_text(const KeySet& keys);

} // namespace slipway::trust
