#include "store/heads.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/repository.h"
#include "tree/codec.h"

namespace slipway::store {

namespace {

constexpr std::uint64_t longest_key_file = 64U << 10U;

std::string make_statement(
    const trust::SignedKeySet& keys,
    const trust::SigningKey& key,
    const Branch& branch,
    const HeadOptions& options
) {
    trust::SignedText statement;
    statement.text = trust::encode(trust::HeadStatement{
        .repository = keys.keys.repository,
        .keys = keys.name(),
        .branch = branch.name,
        .commit = branch.commit,
        .sequence = static_cast<std::uint64_t>(branch.sequence),
        .time = options.now,
        .expires = options.now + options.lifetime});
    statement.signatures.push_back(key.sign(as_bytes(statement.text), trust::head_namespace));
    return encode(statement);
}

bool is_due(
    const std::optional<std::string>& bytes,
    const Branch& branch,
    const Digest& keys,
    std::int64_t now
) {
    if (!bytes) {
        return true;
    }
    const auto head = trust::decode_head_statement(trust::decode_signed_text(*bytes).text);
    return head.keys != keys || head.commit != branch.commit ||
           head.sequence != static_cast<std::uint64_t>(branch.sequence) ||
           head.expires - now < (head.expires - head.time) / 2;
}

} // namespace

std::optional<trust::SignedKeySet> newest_keys(const KeySets& key_sets) {
    const auto bytes = key_sets.newest();
    return bytes ? std::optional(trust::SignedKeySet::decode(*bytes)) : std::nullopt;
}

std::optional<trust::SigningKey> server_key(const std::filesystem::path& file) {
    if (access(file.c_str(), R_OK) != 0) {
        return std::nullopt;
    }
    return trust::SigningKey::parse(as_text(read_file(file, longest_key_file)));
}

bool names_server(const trust::KeySet& keys, const trust::PublicKey& key) {
    return std::find(keys.servers.begin(), keys.servers.end(), key) != keys.servers.end();
}

trust::SignedCommit
signed_commit(const Contents& contents, const Digest& id, std::vector<Buffer> signatures) {
    const auto blob = contents.open(id);
    if (!blob) {
        throw Error(Fault::not_found, fmt::format("there is no commit {}", id.hex()));
    }
    trust::SignedCommit commit;
    commit.id = id;
    commit.message = read_all(*blob, tree::largest_commit);
    commit.time = tree::decode_commit(commit.message).time;
    commit.signatures = std::move(signatures);
    return commit;
}

MakeStatement
KeyedMoves::permit(std::string_view branch, const Digest& commit, std::int64_t time) const {
    const auto keys = newest_keys(repository_.key_sets());
    if (!keys) {
        return {};
    }
    const trust::CommitPlace place{std::string(branch)};
    if (trust::asks_for_signatures(keys->keys, place)) {
        trust::check_approval(
            keys->keys,
            place,
            signed_commit(repository_, commit, repository_.signatures().of(commit))
        );
    }
    auto key = server_key(repository_.paths().server_key());
    if (!key || !names_server(keys->keys, key->public_key())) {
        return {}; // whoever has the key makes it later
    }
    return [keys = *keys, key = *std::move(key), time](const Branch& moved) {
        return make_statement(keys, key, moved, {.now = time});
    };
}

std::size_t make_statements(
    const std::shared_ptr<State>& state, const trust::SigningKey& key, const HeadOptions& options
) {
    const auto keys = newest_keys(KeySets(state));
    if (!keys || !names_server(keys->keys, key.public_key())) {
        throw Error(
            Fault::refused,
            fmt::format("the key set names no server key {}", key.public_key().fingerprint())
        )
            .hint("`slipway keys add server FILE.pub` prepares a key set that does");
    }
    Statements statements(state);
    std::size_t made = 0;
    for (const auto& branch : Branches(state).list()) {
        if (options.which == HeadOptions::Which::all ||
            is_due(statements.find(branch.name), branch, keys->name(), options.now)) {
            // One that moved meanwhile got its statement by that move.
            const auto counts =
                options.effect == HeadOptions::Effect::none ||
                statements.put(branch, make_statement(*keys, key, branch, options)) ==
                    Statements::Kept::yes;
            made += counts ? 1 : 0;
        }
    }
    return made;
}

} // namespace slipway::store
