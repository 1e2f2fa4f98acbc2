// SSH signatures (an algorithm's name, then bytes) checked with OpenSSL.
//
// Formats: RFC 8332 (rsa-sha2-*), RFC 5656, RFC 8709, OpenSSH's PROTOCOL.u2f.
#pragma once

#include <optional>

#include "trust/keys.h"

namespace slipway::trust {

enum class Presence { shown, not_shown };

/// What a FIDO token says of its user at the moment it signed.
struct TokenState {
    Presence touched = Presence::not_shown;  ///< the user was there
    Presence verified = Presence::not_shown; ///< by a PIN or a fingerprint
};

/// Throws unless `signature` is one of `data` by `key`: Fault::corrupt for a damaged encoding,
/// refused for an algorithm that is not accepted for this key, or if it does not match. Returns a
/// token's state if the key lives in one.
std::optional<TokenState>
check_raw_signature(const PublicKey& key, ConstBytes signature, ConstBytes data);

} // namespace slipway::trust
