#include "trust/key_types.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

namespace slipway::trust {

namespace {

constexpr std::size_t ed25519_size = 32;
constexpr std::size_t p256_size = 65;
constexpr std::size_t p384_size = 97;
constexpr std::size_t p521_size = 133;
constexpr std::size_t least_rsa_bits = 2048;
constexpr std::size_t most_rsa_bits = 16384;
constexpr std::size_t bits_of_byte = 8;
constexpr std::byte uncompressed{4};

constexpr std::array<KeyType, 7> types = {{
    {"ssh-ed25519",
     "ssh-ed25519-cert-v01@openssh.com",
     Scheme::ed25519,
     Holder::software,
     ed25519_size,
     "",
     nullptr,
     nullptr},
    {"ecdsa-sha2-nistp256",
     "ecdsa-sha2-nistp256-cert-v01@openssh.com",
     Scheme::ecdsa,
     Holder::software,
     p256_size,
     "nistp256",
     "P-256",
     "SHA256"},
    {"ecdsa-sha2-nistp384",
     "ecdsa-sha2-nistp384-cert-v01@openssh.com",
     Scheme::ecdsa,
     Holder::software,
     p384_size,
     "nistp384",
     "P-384",
     "SHA384"},
    {"ecdsa-sha2-nistp521",
     "ecdsa-sha2-nistp521-cert-v01@openssh.com",
     Scheme::ecdsa,
     Holder::software,
     p521_size,
     "nistp521",
     "P-521",
     "SHA512"},
    {"ssh-rsa",
     "ssh-rsa-cert-v01@openssh.com",
     Scheme::rsa,
     Holder::software,
     0,
     "",
     nullptr,
     nullptr},
    {"sk-ssh-ed25519@openssh.com",
     "sk-ssh-ed25519-cert-v01@openssh.com",
     Scheme::ed25519,
     Holder::token,
     ed25519_size,
     "",
     nullptr,
     nullptr},
    {"sk-ecdsa-sha2-nistp256@openssh.com",
     "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
     Scheme::ecdsa,
     Holder::token,
     p256_size,
     "nistp256",
     "P-256",
     "SHA256"},
}};

const KeyType* find_type(std::string_view KeyType::*field, std::string_view name) {
    const auto* const found = std::find_if(types.begin(), types.end(), [&](const KeyType& type) {
        return type.*field == name;
    });
    return found == types.end() ? nullptr : found;
}

KeyFields read_rsa(WireReader& reader) {
    KeyFields fields;
    fields.exponent = reader.positive_number();
    fields.modulus = reader.positive_number();
    const auto top = std::to_integer<unsigned>(fields.modulus[0]);
    const auto bits =
        (fields.modulus.size() - 1) * bits_of_byte + static_cast<std::size_t>(std::bit_width(top));
    if (bits < least_rsa_bits || bits > most_rsa_bits) {
        throw reader.wrong(fmt::format(
            "is RSA of {} bits: {} to {} are accepted", bits, least_rsa_bits, most_rsa_bits
        ));
    }
    return fields;
}

} // namespace

const KeyType* find_key_type(std::string_view name) {
    return find_type(&KeyType::name, name);
}

const KeyType* find_certificate_type(std::string_view name) {
    return find_type(&KeyType::certificate_name, name);
}

KeyFields read_key_fields(const KeyType& type, WireReader& reader) {
    if (type.scheme == Scheme::rsa) {
        return read_rsa(reader);
    }
    KeyFields fields;
    if (type.scheme == Scheme::ecdsa && reader.text() != type.curve) {
        throw reader.wrong("names another curve than its type");
    }
    fields.point = reader.string();
    if (fields.point.size() != type.point_size ||
        (type.scheme == Scheme::ecdsa && fields.point[0] != uncompressed)) {
        throw reader.wrong("has a public key of a wrong form");
    }
    if (type.holder == Holder::token) {
        fields.application = reader.text();
    }
    return fields;
}

void write_key_fields(const KeyType& type, const KeyFields& fields, WireWriter& writer) {
    if (type.scheme == Scheme::rsa) {
        writer.number(fields.exponent);
        writer.number(fields.modulus);
        return;
    }
    if (type.scheme == Scheme::ecdsa) {
        writer.string(type.curve);
    }
    writer.string(fields.point);
    if (type.holder == Holder::token) {
        writer.string(fields.application);
    }
}

} // namespace slipway::trust
