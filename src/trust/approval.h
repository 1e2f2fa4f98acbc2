// Whether a commit carries the signatures that a key set asks for (docs/format/keys.md, K9 to K11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "trust/allowed_signers.h"
#include "trust/key_set.h"

namespace slipway::trust {

constexpr std::string_view commit_namespace = "slipway-commit";

struct SignedCommit {
    Digest id;
    Buffer message;                 ///< what is signed: the commit's encoding
    std::int64_t time = 0;          ///< seconds since 1970
    std::vector<Buffer> signatures; ///< SSHSIG, without armour
};

/// The set's signers without the keys that it revokes.
AllowedSigners allowed_signers_of(const KeySet& keys);

/// Whom a commit may be named by.
struct CommitPlace {
    std::optional<std::string> branch; ///< nothing: it is named by its id
};

/// Returns at once if nothing is asked. Throws Fault::refused naming who has not signed, and why
/// signatures that are there do not count.
void check_approval(const KeySet& keys, const CommitPlace& place, const SignedCommit& commit);

/// True if check_approval() would look at signatures at all.
bool asks_for_signatures(const KeySet& keys, const CommitPlace& place);

} // namespace slipway::trust
