#include "trust/revoked_keys.h"

#include "trust/base64.h"
#include "trust/lines.h"

namespace slipway::trust {

namespace {

constexpr std::string_view fingerprint_prefix = "SHA256:";

Digest parse_fingerprint(std::string_view line) {
    const auto letters = std::string(line.substr(fingerprint_prefix.size()));
    const auto bytes = decode_base64(letters + "=");
    if (bytes.size() != sizeof(Digest)) {
        throw Error(Fault::corrupt, "this is no SHA-256 fingerprint");
    }
    return Digest::from_bytes(bytes);
}

} // namespace

RevokedKeys RevokedKeys::parse(std::string_view text) {
    RevokedKeys revoked;
    if (text.starts_with("SSHKRL\n")) {
        throw Error(Fault::corrupt, "binary revocation lists (KRL) are not read")
            .hint("list the keys or their SHA256 fingerprints, one a line");
    }
    for_each_line(text, "revoked keys", [&](std::string_view line) {
        if (line.starts_with(fingerprint_prefix)) {
            revoked.keys_.insert(parse_fingerprint(line));
        } else {
            revoked.add(PublicKey::parse_line(line));
        }
    });
    return revoked;
}

void RevokedKeys::check(const Signature& signature) const {
    if (contains(signature.key)) {
        throw Error(
            Fault::refused, fmt::format("the key {} is revoked", signature.key.fingerprint())
        );
    }
    if (signature.certificate && contains(signature.certificate->authority)) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the authority {} of the certificate of {} is revoked",
                signature.certificate->authority.fingerprint(),
                signature.key.fingerprint()
            )
        );
    }
}

} // namespace slipway::trust
