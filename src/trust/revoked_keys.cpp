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
    if (is_revocation_list(as_bytes(text))) {
        revoked.list_ = decode_revocation_list(as_bytes(text));
        return revoked;
    }
    for_each_line(text, "revoked keys", [&](std::string_view line) {
        if (line.starts_with(fingerprint_prefix)) {
            revoked.list_.keys.insert(parse_fingerprint(line));
        } else {
            revoked.add(PublicKey::parse_line(line));
        }
    });
    return revoked;
}

bool RevokedKeys::contains(const PublicKey& key) const {
    return list_.keys.contains(sha256(key.blob)) ||
           (!list_.keys_by_sha1.empty() && list_.keys_by_sha1.contains(sha1(key.blob)));
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
    for (const auto& revoked : list_.certificates) {
        if (signature.certificate && revoked.contain(*signature.certificate)) {
            throw Error(
                Fault::refused,
                fmt::format(
                    "the certificate '{}' of {} is revoked",
                    printable(signature.certificate->id),
                    signature.key.fingerprint()
                )
            );
        }
    }
}

} // namespace slipway::trust
