#include "trust/raw_signature.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/key_types.h"

namespace slipway::trust {

namespace {

constexpr std::size_t ed25519_signature_size = 64;
constexpr unsigned user_present = 0x01;
constexpr unsigned user_verified = 0x04;

template <auto free>
struct FreeBy {
    template <typename T>
    void operator()(T* object) const {
        free(object);
    }
};

using PublicKeyHandle = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;

const unsigned char* raw(ConstBytes bytes) {
    return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}

Number number(ConstBytes magnitude) {
    return Number(BN_bin2bn(raw(magnitude), static_cast<int>(magnitude.size()), nullptr));
}

Error refused(const PublicKey& key, std::string_view why) {
    return {Fault::refused, fmt::format("the signature by {} {}", key.fingerprint(), why)};
}

/// The key that OpenSSL makes of named parameters; null if it is none, as a point off the curve.
template <typename Fill>
PublicKeyHandle make_key(const char* algorithm, Fill fill) {
    const std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new()
    );
    fill(builder.get());
    const std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>> parameters(
        OSSL_PARAM_BLD_to_param(builder.get())
    );
    const std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr)
    );
    EVP_PKEY* made = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
    return PublicKeyHandle(made);
}

PublicKeyHandle open_key(const KeyType& type, const KeyFields& fields) {
    switch (type.scheme) {
    case Scheme::ed25519:
        return PublicKeyHandle(EVP_PKEY_new_raw_public_key(
            EVP_PKEY_ED25519, nullptr, raw(fields.point), fields.point.size()
        ));
    case Scheme::ecdsa:
        return make_key("EC", [&](OSSL_PARAM_BLD* builder) {
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, type.group, 0);
            OSSL_PARAM_BLD_push_octet_string(
                builder, OSSL_PKEY_PARAM_PUB_KEY, fields.point.data(), fields.point.size()
            );
        });
    case Scheme::rsa: {
        const auto modulus = number(fields.modulus);
        const auto exponent = number(fields.exponent);
        return make_key("RSA", [&](OSSL_PARAM_BLD* builder) {
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus.get());
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent.get());
        });
    }
    }
    return nullptr;
}

/// What OpenSSL is to check: with which hash, which bytes.
struct Form {
    const char* hash = nullptr;
    Buffer signature;
};

/// r and s (RFC 5656) as ASN.1, which OpenSSL reads.
Buffer ecdsa_to_asn1(ConstBytes encoded) {
    WireReader reader(encoded, "the ECDSA signature");
    auto r = number(reader.positive_number());
    auto s = number(reader.positive_number());
    reader.finish();
    const std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    ECDSA_SIG_set0(pair.get(), r.release(), s.release());
    Buffer bytes(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)));
    auto* out = static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
    i2d_ECDSA_SIG(pair.get(), &out);
    return bytes;
}

/// With the zeros in front that some signers leave out.
Buffer rsa_padded(ConstBytes signature, std::size_t size, const WireReader& reader) {
    if (signature.size() > size) {
        throw reader.wrong("is longer than its key");
    }
    Buffer padded(size - signature.size());
    padded.insert(padded.end(), signature.begin(), signature.end());
    return padded;
}

Form read_form(
    const KeyType& type, const KeyFields& fields, std::string_view algorithm, WireReader& reader
) {
    const auto bytes = reader.string();
    switch (type.scheme) {
    case Scheme::ed25519:
        if (bytes.size() != ed25519_signature_size) {
            throw reader.wrong(fmt::format("has {} bytes, not 64", bytes.size()));
        }
        return {nullptr, to_buffer(bytes)};
    case Scheme::ecdsa:
        return {type.hash, ecdsa_to_asn1(bytes)};
    case Scheme::rsa:
        return {
            algorithm == "rsa-sha2-256" ? "SHA256" : "SHA512",
            rsa_padded(bytes, fields.modulus.size(), reader)};
    }
    return {};
}

bool accepts(const KeyType& type, std::string_view algorithm) {
    if (type.scheme == Scheme::rsa) {
        return algorithm == "rsa-sha2-256" || algorithm == "rsa-sha2-512";
    }
    return algorithm == type.name;
}

bool matches(EVP_PKEY* key, const Form& form, ConstBytes data) {
    const std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit_ex(
               context.get(), nullptr, form.hash, nullptr, nullptr, key, nullptr
           ) == 1 &&
           EVP_DigestVerify(
               context.get(), raw(form.signature), form.signature.size(), raw(data), data.size()
           ) == 1;
}

/// What a token signs instead of `data`.
Buffer
token_message(const KeyFields& fields, std::uint8_t flags, std::uint32_t counter, ConstBytes data) {
    WireWriter message;
    message.bytes(sha256(as_bytes(fields.application)).view());
    message.u8(flags);
    message.u32(counter);
    message.bytes(sha256(data).view());
    return std::move(message).take();
}

/// What follows the algorithm's name.
std::optional<TokenState>
check_bytes(const PublicKey& key, std::string_view algorithm, WireReader& reader, ConstBytes data) {
    const auto& type = *find_key_type(key.type);
    WireReader key_reader(key.blob, "the key");
    key_reader.string();
    const auto fields = read_key_fields(type, key_reader);
    const auto form = read_form(type, fields, algorithm, reader);
    std::optional<TokenState> state;
    Buffer message;
    if (type.holder == Holder::token) {
        const auto flags = reader.u8();
        const auto counter = reader.u32();
        message = token_message(fields, flags, counter, data);
        data = message;
        const auto shown = [&](unsigned flag) {
            return (flags & flag) != 0 ? Presence::shown : Presence::not_shown;
        };
        state = TokenState{shown(user_present), shown(user_verified)};
    }
    reader.finish();
    const auto handle = open_key(type, fields);
    if (!handle) {
        throw refused(key, "cannot be checked: the key is no valid one");
    }
    if (!matches(handle.get(), form, data)) {
        throw refused(key, "does not match: it is damaged, or of other bytes");
    }
    return state;
}

} // namespace

std::optional<TokenState>
check_raw_signature(const PublicKey& key, ConstBytes signature, ConstBytes data) {
    const auto what = fmt::format("the signature by {}", key.fingerprint());
    WireReader reader(signature, what);
    const auto algorithm = reader.text();
    if (!accepts(*find_key_type(key.type), algorithm)) {
        throw refused(
            key,
            fmt::format(
                "uses '{}', which is not accepted for a key of type {}",
                printable(algorithm),
                key.type
            )
        );
    }
    return check_bytes(key, algorithm, reader, data);
}

} // namespace slipway::trust
