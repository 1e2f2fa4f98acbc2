#include "cli/keys_draft.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/heads.h"
#include "trust/allowed_signers.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t longest_draft = 16U << 20U;
constexpr std::uint64_t longest_key_file = 64U << 10U;

Digest random_digest() {
    Digest digest;
    if (getrandom(digest.bytes.data(), digest.bytes.size(), 0) !=
        static_cast<ssize_t>(digest.bytes.size())) {
        throw_errno("cannot get random bytes");
    }
    return digest;
}

/// The key of one line of allowed signers.
trust::PublicKey key_of_signer(const std::string& line) {
    return trust::AllowedSigners::parse(line).lines().front().key;
}

} // namespace

std::optional<trust::SignedKeySet> KeysDraft::find() const {
    const auto path = repository_.paths().keys_draft();
    std::error_code absent;
    if (!std::filesystem::exists(path, absent)) {
        return std::nullopt;
    }
    const During what([&] { return "reading " + path.native(); });
    auto draft = trust::SignedKeySet::decode(as_text(read_file(path, longest_draft)));
    const auto newest = store::newest_keys(repository_.key_sets());
    if (newest &&
        newest->name() == draft.name()) { // it was published, and left by a process that died
        return std::nullopt;
    }
    return draft;
}

trust::SignedKeySet KeysDraft::need() const {
    auto draft = find();
    if (!draft) {
        throw Error(Fault::not_found, "no key set is being made")
            .hint("`slipway keys add`, `remove`, `revoke`, `threshold` and `policy` begin one");
    }
    return *std::move(draft);
}

trust::KeySet KeysDraft::begin() const {
    if (auto draft = find()) {
        return std::move(draft->keys);
    }
    const auto newest = store::newest_keys(repository_.key_sets());
    if (!newest) {
        throw Error(Fault::not_found, "the repository has no keys")
            .hint("`slipway keys init FILE.pub` makes the first key set");
    }
    auto keys = newest->keys;
    keys.previous = newest->name();
    keys.sequence += 1;
    keys.time = std::max<std::int64_t>(std::time(nullptr), keys.time);
    return keys;
}

void KeysDraft::put(const trust::SignedKeySet& draft) const {
    replace_file(repository_.paths().keys_draft(), as_bytes(encode(draft.document)));
}

bool KeysDraft::discard() const {
    const auto path = repository_.paths().keys_draft();
    if (unlink(path.c_str()) == 0) {
        return true;
    }
    if (errno != ENOENT) {
        throw_errno("cannot remove " + path.native());
    }
    return false;
}

trust::SignedKeySet unsigned_draft(const trust::KeySet& keys) {
    trust::SignedKeySet draft{{encode(keys), {}}, keys};
    try {
        trust::decode_key_set(draft.document.text);
    } catch (const Error& error) { // the bytes are not damaged: somebody asked for it
        throw Error(Fault::usage, error.what());
    }
    return draft;
}

trust::KeySet
first_key_set(std::vector<trust::PublicKey> roots, trust::PublicKey server, std::size_t threshold) {
    trust::KeySet keys;
    keys.repository = random_digest();
    keys.time = std::time(nullptr);
    keys.threshold = threshold;
    std::sort(roots.begin(), roots.end());
    keys.roots = std::move(roots);
    keys.servers.push_back(std::move(server));
    return keys;
}

trust::PublicKey read_public_key(const std::string& file) {
    const During what([&] { return "reading the public key in " + file; });
    return trust::PublicKey::parse_line(trimmed(as_text(read_file(file, longest_key_file))));
}

trust::PublicKey find_key(const trust::KeySet& keys, const std::string& text) {
    if (!text.starts_with("SHA256:")) {
        return read_public_key(text);
    }
    auto known = keys.roots;
    known.insert(known.end(), keys.servers.begin(), keys.servers.end());
    known.insert(known.end(), keys.revoked.begin(), keys.revoked.end());
    for (const auto& signer : keys.signers) {
        known.push_back(key_of_signer(signer));
    }
    for (const auto& key : known) {
        if (key.fingerprint() == text) {
            return key;
        }
    }
    throw Error(Fault::not_found, fmt::format("the key set has no key {}", printable(text)))
        .hint("`slipway keys show` lists them; a key that is not among them is named by its .pub "
              "file");
}

void add_key(
    const trust::KeySet& keys, std::vector<trust::PublicKey>& kind, const trust::PublicKey& key
) {
    if (std::binary_search(keys.revoked.begin(), keys.revoked.end(), key)) {
        throw Error(Fault::usage, fmt::format("{} is revoked", key.fingerprint()))
            .hint("a revoked key never comes back: make a new one");
    }
    const auto place = std::lower_bound(kind.begin(), kind.end(), key);
    if (place != kind.end() && *place == key) {
        throw Error(Fault::usage, fmt::format("{} is there already", key.fingerprint()));
    }
    kind.insert(place, key);
}

void remove_key(std::vector<trust::PublicKey>& kind, const trust::PublicKey& key) {
    if (std::erase(kind, key) == 0) {
        throw Error(
            Fault::not_found, fmt::format("the key set has no such key {}", key.fingerprint())
        )
            .hint("`slipway keys show` lists them");
    }
}

void revoke_key(trust::KeySet& keys, const trust::PublicKey& key) {
    std::erase(keys.roots, key);
    std::erase(keys.servers, key);
    std::erase_if(keys.signers, [&](const auto& line) { return key_of_signer(line) == key; });
    add_key(keys, keys.revoked, key);
}

void set_policy(trust::KeySet& keys, trust::BranchPolicy policy) {
    for (auto& known : keys.branches) {
        if (known.pattern == policy.pattern) {
            known = std::move(policy);
            return;
        }
    }
    // The longer pattern is the narrower one: it must come before those that take in its branches.
    const auto place = std::find_if(
        keys.branches.begin(),
        keys.branches.end(),
        [&](const trust::BranchPolicy& known) {
            return known.pattern.ends_with('*') &&
                   policy.pattern.starts_with(known.pattern.substr(0, known.pattern.size() - 1));
        }
    );
    keys.branches.insert(place, std::move(policy));
}

SigningRoots signing_roots(const store::Repository& repository, const trust::KeySet& draft) {
    const auto newest = store::newest_keys(repository.key_sets());
    const auto& signing = newest ? newest->keys : draft;
    return {signing.roots, signing.threshold};
}

} // namespace slipway::cli
