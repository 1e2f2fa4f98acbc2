// The kinds of SSH key that slipway knows, and what is in a key of each. Used inside trust only.
#pragma once

#include <span>
#include <string_view>

#include "trust/wire.h"

namespace slipway::trust {

enum class Scheme { ed25519, ecdsa, rsa };

/// Where the private key lives: a FIDO token signs in a form of its own (PROTOCOL.u2f).
enum class Holder { software, token };

struct KeyType {
    std::string_view name;
    std::string_view certificate_name;
    Scheme scheme;
    Holder holder;
    std::size_t point_size; ///< of the public key; RSA: 0
    std::string_view curve; ///< as SSH calls it; ECDSA only
    const char* group;      ///< as OpenSSL calls it
    const char* hash;       ///< what ECDSA signs
};

/// Null if there is none.
const KeyType* find_key_type(std::string_view name);
const KeyType* find_certificate_type(std::string_view name);

/// What is in a public key, seen in place.
struct KeyFields {
    ConstBytes point;               ///< Ed25519, ECDSA
    ConstBytes exponent;            ///< RSA
    ConstBytes modulus;             ///< RSA
    std::string_view application{}; ///< of a token's key
};

/// Reads what follows the type's name (in a certificate: the nonce). Throws Fault::corrupt, also
/// for an RSA key below 2048 or above 16384 bits.
KeyFields read_key_fields(const KeyType& type, WireReader& reader);

void write_key_fields(const KeyType& type, const KeyFields& fields, WireWriter& writer);

} // namespace slipway::trust
