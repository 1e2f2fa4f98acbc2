// What a client has seen of a repository: its newest key set and where its branches were. Older
// ones are refused from then on (docs/format/keys.md, K13 and K16).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "trust/head_statement.h"

namespace slipway::trust {

struct Seen {
    std::uint64_t key_set = 0; ///< its number; 0: none was seen
    Digest key_set_name;
    std::int64_t key_set_time = 0;
    std::map<std::string, SeenHead, std::less<>> heads; ///< by branch

    friend bool operator==(const Seen&, const Seen&) = default;
};

std::string encode(const Seen& seen);

/// Throws Fault::corrupt.
Seen decode_seen(std::string_view text);

/// Throws Fault::refused if `chain` ends before what was seen, or with another set of that number;
/// else remembers its newest. If that no longer has one of the servers' keys, the heads are
/// forgotten: who had stolen it may have shown numbers that no server will reach.
void see_keys(Seen& seen, const KeyChain& chain);

} // namespace slipway::trust
