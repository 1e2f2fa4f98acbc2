// Keys that are not believed any more.
#pragma once

#include <string_view>

#include "base/digest.h"
#include "trust/krl.h"
#include "trust/sshsig.h"

namespace slipway::trust {

/// A plain value.
class RevokedKeys {
public:
    /// Lines of public keys ("ssh-ed25519 AAAA…") or fingerprints ("SHA256:…"); `#` begins a
    /// comment line. Or a binary list (krl.h). Throws Fault::corrupt naming the line.
    static RevokedKeys parse(std::string_view text);

    void add(const PublicKey& key) { list_.keys.insert(sha256(key.blob)); }

    bool contains(const PublicKey& key) const;

    /// Throws Fault::refused if the key that signed is revoked, its certificate, or the authority
    /// of that.
    void check(const Signature& signature) const;

private:
    RevocationList list_;
};

} // namespace slipway::trust
