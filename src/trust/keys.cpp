#include "trust/keys.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/base64.h"
#include "trust/key_types.h"

namespace slipway::trust {

namespace {

Error unknown_type(std::string_view type) {
    if (find_certificate_type(type) != nullptr) {
        return Error(Fault::corrupt, "this is a certificate, no plain key")
            .hint("list the key of the authority that signed it");
    }
    return Error(Fault::corrupt, fmt::format("key type '{}' is not known", printable(type)))
        .hint("use ssh-ed25519, ecdsa-sha2-nistp256, -384, -521, ssh-rsa, or one of a FIDO token");
}

} // namespace

PublicKey PublicKey::decode(ConstBytes blob) {
    WireReader reader(blob, "the key");
    const auto name = reader.text();
    const auto* const type = find_key_type(name);
    if (type == nullptr) {
        throw unknown_type(name);
    }
    read_key_fields(*type, reader);
    reader.finish();
    return {std::string(name), to_buffer(blob)};
}

PublicKey PublicKey::parse_line(std::string_view line) {
    const auto text = trimmed(line);
    const auto type = text.substr(0, text.find_first_of(" \t"));
    const auto rest = trimmed(text.substr(type.size()));
    if (find_key_type(type) == nullptr) {
        throw unknown_type(type);
    }
    auto key = decode(decode_base64(rest.substr(0, rest.find_first_of(" \t"))));
    if (key.type != type) {
        throw Error(Fault::corrupt, fmt::format("a key of type {} says it is {}", key.type, type));
    }
    return key;
}

std::string PublicKey::line() const {
    return type + " " + encode_base64(blob);
}

std::string PublicKey::fingerprint() const {
    auto text = encode_base64(sha256(blob).view());
    text.resize(text.find('='));
    return "SHA256:" + text;
}

} // namespace slipway::trust
