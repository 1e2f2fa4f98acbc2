// What a repository's key set has to do with its branches: who must have signed a commit before a
// branch moves to it, and the head statements that say where branches are (docs/format/keys.md).
//
// A repository without key sets knows none of this.
#pragma once

#include <optional>

#include "store/branches.h"
#include "trust/head_statement.h"
#include "trust/signing_key.h"

namespace slipway::store {

class Repository;

/// The newest key set, checked as its chain is; nothing if there is none.
std::optional<trust::SignedKeySet> newest_keys(const Repository& repository);

/// The server's key, if this process may read it.
std::optional<trust::SigningKey> server_key(const Repository& repository);

/// The rules that Branches asks when it moves one: every way to move a branch goes through here.
class KeyedMoves final : public MoveRules {
public:
    /// `repository` outlives it.
    explicit KeyedMoves(const Repository& repository) : repository_(repository) {}

    MakeStatement
    permit(std::string_view branch, const Digest& commit, std::int64_t time) const override;

private:
    const Repository& repository_;
};

/// How statements are to be made.
struct HeadOptions {
    std::int64_t now = 0;
    std::int64_t lifetime = trust::head_lifetime_seconds;
    enum class Which { due, all } which = Which::due;
};

/// Makes statements for the branches: all of them, or those that are due, because they have none,
/// or one that names another commit, was made under other keys, or has lived half its time.
/// Returns how many. Throws Fault::refused if the newest key set does not name `key` as a server's.
std::size_t make_statements(
    const Repository& repository, const trust::SigningKey& key, const HeadOptions& options
);

} // namespace slipway::store
