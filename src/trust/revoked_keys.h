// Keys that are not believed any more.
#pragma once

#include <set>
#include <string_view>

#include "base/digest.h"
#include "trust/sshsig.h"

namespace slipway::trust {

/// A plain value.
class RevokedKeys {
public:
    /// Lines of public keys ("ssh-ed25519 AAAA…") or fingerprints ("SHA256:…"); `#` begins a
    /// comment line. Throws Fault::corrupt naming the line.
    static RevokedKeys parse(std::string_view text);

    void add(const PublicKey& key) { keys_.insert(sha256(key.blob)); }

    bool contains(const PublicKey& key) const { return keys_.contains(sha256(key.blob)); }

    /// Throws Fault::refused if the key that signed is revoked, or the authority of its
    /// certificate.
    void check(const Signature& signature) const;

private:
    std::set<Digest> keys_; ///< fingerprints
};

} // namespace slipway::trust
