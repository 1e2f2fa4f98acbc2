#include "trust/sshsig.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/base64.h"
#include "trust/wire.h"

namespace slipway::trust {

namespace {

constexpr std::string_view magic = "SSHSIG";
constexpr std::string_view label = "SSH SIGNATURE";
constexpr std::uint32_t version = 1;
constexpr std::size_t armour_width = 70;

Buffer sha512(ConstBytes data) {
    Buffer digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    auto* const out = static_cast<unsigned char*>(static_cast<void*>(digest.data()));
    if (EVP_Digest(data.data(), data.size(), out, &size, EVP_sha512(), nullptr) != 1) {
        throw Error(Fault::internal, "OpenSSL cannot compute SHA-512");
    }
    digest.resize(size);
    return digest;
}

Buffer hash_of(std::string_view algorithm, ConstBytes message) {
    if (algorithm == "sha512") {
        return sha512(message);
    }
    if (algorithm == "sha256") {
        return to_buffer(sha256(message).view());
    }
    throw Error(
        Fault::refused,
        fmt::format("the signature uses the hash '{}', which is not accepted", printable(algorithm))
    )
        .hint("sign with sha512 or sha256");
}

void check_token(const Signature& signature, const TokenState& state) {
    if (state.touched == Presence::not_shown) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the signature by {} was made by a token that nobody touched",
                signature.key.fingerprint()
            )
        )
            .hint("make the key without `-O no-touch-required`");
    }
    if (signature.certificate && requires_verification(*signature.certificate) &&
        state.verified == Presence::not_shown) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the signature by {} was made by a token that did not verify its user, as its "
                "certificate requires",
                signature.key.fingerprint()
            )
        );
    }
}

} // namespace

Signature decode_signature(ConstBytes blob) {
    WireReader reader(blob, "the signature");
    if (blob.size() > largest_signature) {
        throw reader.wrong("is larger than 16 KiB");
    }
    if (as_text(reader.bytes(magic.size())) != magic) {
        throw Error(Fault::corrupt, "this is no SSH signature");
    }
    if (const auto found = reader.u32(); found != version) {
        throw reader.wrong(fmt::format("is of version {}; this program knows 1", found));
    }
    Signature signature;
    const auto key = reader.string();
    if (is_certificate(key)) {
        signature.certificate = Certificate::decode(key);
        signature.key = signature.certificate->key;
    } else {
        signature.key = PublicKey::decode(key);
    }
    signature.name_space = reader.text();
    if (signature.name_space.empty()) {
        throw reader.wrong("has no namespace");
    }
    signature.reserved = to_buffer(reader.string());
    signature.hash_algorithm = reader.text();
    signature.raw = to_buffer(reader.string());
    reader.finish();
    return signature;
}

Buffer encode(const Signature& signature) {
    WireWriter writer;
    writer.bytes(as_bytes(magic));
    writer.u32(version);
    writer.string(signature.certificate ? signature.certificate->blob : signature.key.blob);
    writer.string(signature.name_space);
    writer.string(signature.reserved);
    writer.string(signature.hash_algorithm);
    writer.string(signature.raw);
    return std::move(writer).take();
}

std::string armour(ConstBytes blob) {
    return encode_armour(blob, label, armour_width);
}

Buffer unarmour(std::string_view text) {
    auto blob = take_armoured(text, label);
    if (!trimmed(text).empty()) {
        throw Error(Fault::corrupt, "there is more behind the signature");
    }
    return blob;
}

std::vector<Buffer> unarmour_all(std::string_view text) {
    std::vector<Buffer> blobs;
    while (!trimmed(text).empty()) {
        blobs.push_back(take_armoured(text, label));
    }
    return blobs;
}

Buffer signed_data(
    std::string_view name_space, ConstBytes reserved, std::string_view hash, ConstBytes message
) {
    WireWriter writer;
    writer.bytes(as_bytes(magic));
    writer.string(name_space);
    writer.string(reserved);
    writer.string(hash);
    writer.string(hash_of(hash, message));
    return std::move(writer).take();
}

void check_signature(const Signature& signature, ConstBytes message, std::string_view name_space) {
    if (signature.name_space != name_space) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the signature by {} is for the namespace '{}', not '{}'",
                signature.key.fingerprint(),
                printable(signature.name_space),
                name_space
            )
        )
            .hint(fmt::format("sign with `ssh-keygen -Y sign -n {}`", name_space));
    }
    const auto data =
        signed_data(name_space, signature.reserved, signature.hash_algorithm, message);
    if (const auto state = check_raw_signature(signature.key, signature.raw, data)) {
        check_token(signature, *state);
    }
    if (signature.certificate) {
        check_authority(*signature.certificate);
    }
}

} // namespace slipway::trust
