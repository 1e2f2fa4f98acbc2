// Believes a repository only what its keys vouch for: where a branch is (head statements), and
// which commits may be used (signatures). docs/format/keys.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/reporter.h"
#include "sync/view.h"
#include "trust/approval.h"
#include "trust/key_chain.h"
#include "trust/seen.h"

namespace slipway::sync {

/// Where it is said where a branch is.
enum class HeadSource {
    statement, ///< a signed statement: the repository is somebody else's
    branch,    ///< the branch itself: the repository is our own
};

struct VerifierOptions {
    trust::KeyChain pinned;               ///< its newest set is trusted
    std::filesystem::path seen_directory; ///< what was seen is kept there; empty: nowhere
    HeadSource heads = HeadSource::statement;
    std::int64_t clock = 0; ///< seconds since 1970
};

/// One thread. Every refusal is Fault::refused, with a message of its own.
class Verifier {
public:
    /// Follows the repository's keys from the pinned ones. `view` and `reporter` outlive it.
    Verifier(View& view, VerifierOptions options, Reporter& reporter);

    /// As sync::resolve(), for revisions that may be believed.
    Digest resolve(std::string_view revision);

    /// The commit that a branch is at. Nothing if there is no such branch, and none was seen.
    std::optional<Digest> head(const std::string& branch);

    /// Throws unless the commit is signed as the keys ask.
    void check_commit(const Digest& commit, const trust::CommitPlace& place);

    const trust::KeyChain& keys() const { return chain_; }

private:
    void see(const trust::HeadStatement* head);
    std::int64_t now(std::int64_t at_least);

    View& view_;
    VerifierOptions options_;
    Reporter& reporter_;
    trust::KeyChain chain_;
};

} // namespace slipway::sync
