// OpenSSH certificates (PROTOCOL.certkeys): a key, for whom and how long, signed by an authority.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "trust/raw_signature.h"

namespace slipway::trust {

struct Certificate {
    enum class Kind : std::uint8_t { user = 1, host = 2 };

    Buffer blob;   ///< its encoding
    PublicKey key; ///< the key it is about
    std::uint64_t serial = 0;
    Kind kind = Kind::user;
    std::string id;                            ///< what the authority calls it
    std::vector<std::string> principals;       ///< for whom; none: for nobody
    std::uint64_t valid_after = 0;             ///< seconds since 1970; the first that counts
    std::uint64_t valid_before = 0;            ///< the first that does not
    std::vector<std::string> critical_options; ///< names
    PublicKey authority;
    Buffer signature;            ///< the authority's, of the first `signed_size` bytes
    std::size_t signed_size = 0; ///< of blob

    /// Throws Fault::corrupt.
    static Certificate decode(ConstBytes blob);
};

/// True if `blob` says that it is a certificate of a type that is known.
bool is_certificate(ConstBytes blob);

/// Throws Fault::refused unless the authority has signed it, or if it has a critical option that
/// is not understood.
void check_authority(const Certificate& certificate);

/// Why it may not be used at `time`: it is not one of a user, names no principals, is not yet valid
/// or has expired. Nothing if it may.
std::optional<Error> objection_to(const Certificate& certificate, std::int64_t time);

/// True if the token's user must have been verified.
bool requires_verification(const Certificate& certificate);

} // namespace slipway::trust
