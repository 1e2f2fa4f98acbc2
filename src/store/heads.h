// What a repository's key set has to do with its branches: who must have signed a commit before a
// branch moves to it, and the head statements that say where branches are (docs/format/keys.md).
//
// A repository without key sets knows none of this.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/stream.h"
#include "store/branches.h"
#include "trust/approval.h"
#include "trust/head_statement.h"
#include "trust/signing_key.h"

namespace slipway::store {

class KeySets;
class Repository;

/// The newest key set, which was checked when it was added; nothing if there is none.
std::optional<trust::SignedKeySet> newest_keys(const KeySets& key_sets);

/// The server's key in this file, if there is one that this process may read.
std::optional<trust::SigningKey> server_key(const std::filesystem::path& file);

/// True if `key` may sign head statements.
bool names_server(const trust::KeySet& keys, const trust::PublicKey& key);

/// A commit as check_approval() takes it. Throws Fault::not_found if it is not there.
trust::SignedCommit
signed_commit(const Contents& contents, const Digest& id, std::vector<Buffer> signatures);

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
    enum class Effect { real, none } effect = Effect::real; ///< none: they are counted only
};

/// Makes statements for the branches: all of them, or those that are due, because they have none,
/// or one that names another commit, was made under other keys, or has lived half its time.
/// Returns how many. Throws Fault::refused if the newest key set does not name `key` as a server's.
std::size_t make_statements(
    const std::shared_ptr<State>& state, const trust::SigningKey& key, const HeadOptions& options
);

} // namespace slipway::store
