// SSH public keys, as OpenSSH writes them.
//
// Formats: RFC 4253 (ssh-rsa), RFC 5656 (ecdsa-sha2-nistp*), RFC 8709 (ssh-ed25519), OpenSSH's
// PROTOCOL.u2f (sk-*). Normative for slipway: docs/format/signatures.md.
#pragma once

#include <string>

#include "base/bytes.h"

namespace slipway::trust {

/// A public key without a certificate. Decoded ones are well formed; blobs are canonical, so that
/// equal keys have equal bytes.
struct PublicKey {
    std::string type; ///< "ssh-ed25519"
    Buffer blob;      ///< its encoding, the type included

    /// Throws Fault::corrupt, also for a type that is unknown or too weak.
    static PublicKey decode(ConstBytes blob);

    /// "ssh-ed25519 AAAA… comment", as in a `.pub` file. Throws Fault::corrupt.
    static PublicKey parse_line(std::string_view line);

    /// "ssh-ed25519 AAAA…".
    std::string line() const;

    /// "SHA256:…", as ssh-keygen -l shows it.
    std::string fingerprint() const;

    friend bool operator==(const PublicKey&, const PublicKey&) = default;

    friend bool operator<(const PublicKey& a, const PublicKey& b) { return a.blob < b.blob; }
};

} // namespace slipway::trust
