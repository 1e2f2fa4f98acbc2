// What the tests of key sets and head statements share: keys, and texts that are signed by them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "trust/key_chain.h"
#include "trust/signing_key.h"

namespace slipway::trust {

inline std::vector<PublicKey> public_keys(const std::vector<SigningKey>& keys) {
    std::vector<PublicKey> sorted;
    for (const auto& key : keys) {
        sorted.push_back(key.public_key());
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

inline SignedText
signed_by(std::string text, const std::vector<SigningKey>& keys, std::string_view name_space) {
    SignedText document{std::move(text), {}};
    for (const auto& key : keys) {
        document.signatures.push_back(key.sign(as_bytes(document.text), name_space));
    }
    return document;
}

/// A key set of these roots and servers, as the first of a repository.
inline KeySet
first_set(const std::vector<SigningKey>& roots, const std::vector<SigningKey>& servers = {}) {
    KeySet keys;
    keys.repository = sha256(as_bytes("repository"));
    keys.time = 1'000'000;
    keys.roots = public_keys(roots);
    keys.servers = public_keys(servers);
    return keys;
}

/// The set after `before`, otherwise equal.
inline KeySet set_after(const KeySet& before) {
    auto next = before;
    next.sequence += 1;
    next.previous = sha256(as_bytes(encode(before)));
    return next;
}

/// The set's encoding with signatures of these keys.
inline std::string published(const KeySet& keys, const std::vector<SigningKey>& signers) {
    return encode(signed_by(encode(keys), signers, key_set_namespace));
}

/// What it is refused with; empty if it is not.
template <typename Act>
std::string refusal(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return (error.fault() == Fault::refused ? "" : "not refused: ") + std::string(error.what());
    }
    return "";
}

} // namespace slipway::trust
