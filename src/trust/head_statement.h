// A head statement: where a branch is, said by the server for a limited time
// (docs/format/keys.md, K14 to K18). It is what keeps a client from being shown an older state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "trust/key_chain.h"

namespace slipway::trust {

constexpr std::string_view head_namespace = "slipway-head";
constexpr std::int64_t head_lifetime_seconds = 7LL * 24 * 60 * 60;

struct HeadStatement {
    Digest repository;
    Digest keys; ///< the key set it was made under
    std::string branch;
    Digest commit;
    std::uint64_t sequence = 0; ///< counts the moves of the branch
    std::int64_t time = 0;      ///< seconds since 1970
    std::int64_t expires = 0;

    friend bool operator==(const HeadStatement&, const HeadStatement&) = default;
};

std::string encode(const HeadStatement& head);

/// Throws Fault::corrupt.
HeadStatement decode_head_statement(std::string_view text);

/// A statement and the newest one that a client has seen of a branch are compared by this.
struct SeenHead {
    std::uint64_t sequence = 0;
    Digest commit;
    std::int64_t time = 0;

    friend bool operator==(const SeenHead&, const SeenHead&) = default;
};

/// Decodes a statement and checks whether it is one of `branch` that a server of `chain` has
/// signed. Throws Fault::corrupt for damage, else refused. Whether it is new is not looked at.
HeadStatement check_head(const KeyChain& chain, std::string_view branch, std::string_view bytes);

/// Throws Fault::refused if the statement is older than what was seen (null: nothing was), or has
/// expired at `now`.
void check_is_new(const HeadStatement& head, const SeenHead* seen, std::int64_t now);

} // namespace slipway::trust
