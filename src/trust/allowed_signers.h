// Who may sign: the file that `ssh-keygen -Y verify -f` reads (ssh-keygen(1), ALLOWED SIGNERS).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trust/revoked_keys.h"
#include "trust/sshsig.h"

namespace slipway::trust {

enum class Role {
    signer,    ///< the key itself signs
    authority, ///< it signs certificates
};

/// One line.
struct AllowedSigner {
    std::string principals; ///< patterns, separated by commas
    Role role = Role::signer;
    std::string namespaces;                  ///< patterns; empty: all
    std::optional<std::int64_t> valid_after; ///< seconds since 1970, both ends included
    std::optional<std::int64_t> valid_before;
    bool has_local_times = false; ///< one of these was given without Z
    PublicKey key;
};

/// Whose signature it is.
struct Signer {
    std::string principals; ///< as the line has them; those of a certificate that the line allows
    PublicKey key;
};

/// A plain value.
class AllowedSigners {
public:
    /// Throws Fault::corrupt naming the line.
    static AllowedSigners parse(std::string_view text);

    const std::vector<AllowedSigner>& lines() const { return lines_; }

    void add(AllowedSigner line) { lines_.push_back(std::move(line)); }

    /// Signatures by these keys are refused, whatever the lines say.
    void revoke(RevokedKeys revoked) { revoked_ = std::move(revoked); }

    /// Checks the signature (check_signature()) and finds who made it: by the first line that
    /// allows it, and of these only one that allows `principal`, if that is given.
    ///
    /// Throws Fault::refused, or corrupt for a damaged encoding. The message tells apart a revoked
    /// key, a key nobody listed, one that is listed for other principals or namespaces, one that
    /// is not yet valid at `time`, and one that has expired.
    Signer verify(
        const Signature& signature,
        ConstBytes message,
        std::string_view name_space,
        std::int64_t time,
        std::string_view principal = {}
    ) const;

private:
    std::vector<AllowedSigner> lines_;
    RevokedKeys revoked_;
};

} // namespace slipway::trust
