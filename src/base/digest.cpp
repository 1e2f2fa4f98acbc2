#include "base/digest.h"

#include <cassert>
#include <cstring>

#include <openssl/evp.h>

#include "base/error.h"

namespace slipway {

namespace {

/// Fetched once: an implicit fetch for every digest costs more than hashing a small file.
const EVP_MD* sha256_method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return method;
}

std::optional<std::uint8_t> nibble(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<std::uint8_t>(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return static_cast<std::uint8_t>(digit - 'a' + 10);
    }
    return std::nullopt;
}

void require(int result) {
    if (result != 1) {
        throw Error(Fault::internal, "OpenSSL cannot compute SHA-256");
    }
}

} // namespace

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xFU];
    }
    return text;
}

std::optional<Digest> Digest::parse(std::string_view text) {
    Digest digest;
    if (text.size() != 2 * digest.bytes.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const auto high = nibble(text[2 * i]);
        const auto low = nibble(text[2 * i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        digest.bytes.at(i) = static_cast<std::uint8_t>(*high << 4U | *low);
    }
    return digest;
}

Digest Digest::from_bytes(ConstBytes raw) {
    Digest digest;
    assert(raw.size() == digest.bytes.size());
    std::memcpy(digest.bytes.data(), raw.data(), digest.bytes.size());
    return digest;
}

struct Hasher::Context {
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };

    std::unique_ptr<EVP_MD_CTX, Free> evp{EVP_MD_CTX_new()};
};

Hasher::Hasher() : context_(std::make_unique<Context>()) {
    require(EVP_DigestInit_ex2(context_->evp.get(), sha256_method(), nullptr));
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(ConstBytes data) {
    require(EVP_DigestUpdate(context_->evp.get(), data.data(), data.size()));
}

Digest Hasher::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(context_->evp.get(), digest.bytes.data(), nullptr));
    require(EVP_DigestInit_ex2(context_->evp.get(), sha256_method(), nullptr));
    return digest;
}

Digest sha256(ConstBytes data) {
    thread_local Hasher hasher; // NOLINT(*-avoid-non-const-global-variables): a context to reuse.
    hasher.update(data);
    return hasher.finish();
}

} // namespace slipway
