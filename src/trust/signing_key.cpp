#include "trust/signing_key.h"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/base64.h"
#include "trust/sshsig.h"
#include "trust/wire.h"

namespace slipway::trust {

namespace {

constexpr std::string_view magic{"openssh-key-v1\0", 15};
constexpr std::string_view label = "OPENSSH PRIVATE KEY";
constexpr std::string_view type = "ssh-ed25519";
constexpr std::string_view hash = "sha512";
constexpr std::string_view what = "the private key";
constexpr std::size_t signature_size = 64;
constexpr std::size_t armour_width = 70;
constexpr std::size_t padding_block = 8; ///< of no cipher

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;

unsigned char* raw_out(Bytes bytes) {
    return static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
}

const unsigned char* raw(ConstBytes bytes) {
    return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}

void require(int result) {
    if (result != 1) {
        throw Error(Fault::internal, "OpenSSL cannot use an Ed25519 key");
    }
}

KeyHandle open_key(ConstBytes seed) {
    KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed), seed.size()));
    require(key ? 1 : 0);
    return key;
}

Buffer point_of(ConstBytes seed) {
    Buffer point(seed.size());
    auto size = point.size();
    require(EVP_PKEY_get_raw_public_key(open_key(seed).get(), raw_out(point), &size));
    return point;
}

PublicKey public_key_of(ConstBytes seed) {
    WireWriter blob;
    blob.string(type);
    blob.string(point_of(seed));
    return {std::string(type), std::move(blob).take()};
}

/// Wipes what held a private key.
class Wiped {
public:
    explicit Wiped(Buffer bytes) : bytes_(std::move(bytes)) {}

    ~Wiped() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;

    ConstBytes view() const { return bytes_; }

private:
    Buffer bytes_;
};

/// The list of private keys in the file, which holds one.
ConstBytes read_outer(ConstBytes file) {
    WireReader reader(file, what);
    if (as_text(reader.bytes(magic.size())) != magic) {
        throw reader.wrong("is no OpenSSH key");
    }
    const auto cipher = reader.text();
    const auto derivation = reader.text();
    if (cipher != "none" || derivation != "none") {
        throw Error(Fault::refused, "the private key has a passphrase")
            .hint("a key that signs unattended has none: `ssh-keygen -p -N ''` takes it off");
    }
    reader.string(); // of the derivation
    if (reader.u32() != 1) {
        throw reader.wrong("is not alone in its file");
    }
    reader.string(); // the public key; the private one tells it too
    const auto secrets = reader.string();
    reader.finish();
    return secrets;
}

} // namespace

SigningKey::SigningKey(const Seed& seed) : seed_(seed), public_key_(public_key_of(seed)) {}

SigningKey::~SigningKey() {
    OPENSSL_cleanse(seed_.data(), seed_.size());
}

SigningKey SigningKey::generate() {
    Seed seed{};
    require(RAND_priv_bytes(
        raw_out(std::as_writable_bytes(std::span(seed))), static_cast<int>(seed.size())
    ));
    SigningKey key(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

SigningKey SigningKey::parse(std::string_view file) {
    const Wiped decoded(take_armoured(file, label));
    WireReader reader(read_outer(decoded.view()), what);
    if (reader.u32() != reader.u32()) {
        throw reader.wrong("is damaged");
    }
    if (const auto found = reader.text(); found != type) {
        throw Error(
            Fault::refused, "the private key is of type " + printable(found) + ", not ssh-ed25519"
        )
            .hint("make one with `ssh-keygen -t ed25519`");
    }
    const auto point = reader.string();
    const auto secret = reader.string(); // the seed, then the public key
    if (secret.size() != 2 * seed_size) {
        throw reader.wrong("has a wrong length");
    }
    Seed seed{};
    std::copy_n(secret.begin(), seed_size, seed.begin());
    SigningKey key(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    if (as_text(point) != as_text(point_of(key.seed_)) ||
        as_text(secret.subspan(seed_size)) != as_text(point)) {
        throw reader.wrong("does not belong to its public key");
    }
    return key;
}

Buffer SigningKey::sign(ConstBytes message, std::string_view name_space) const {
    const auto data = signed_data(name_space, {}, hash, message);
    const auto key = open_key(seed_);
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    Buffer bytes(signature_size);
    auto size = bytes.size();
    require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()));
    require(EVP_DigestSign(context.get(), raw_out(bytes), &size, raw(data), data.size()));
    WireWriter signature;
    signature.string(type);
    signature.string(bytes);
    return encode(Signature{
        .key = public_key_,
        .certificate = std::nullopt,
        .name_space = std::string(name_space),
        .reserved = {},
        .hash_algorithm = std::string(hash),
        .raw = std::move(signature).take()});
}

std::string SigningKey::file(std::string_view comment) const {
    std::uint32_t check = 0;
    require(RAND_bytes(raw_out(std::as_writable_bytes(std::span(&check, 1))), sizeof check));
    const auto point = point_of(seed_);
    WireWriter secrets;
    secrets.u32(check);
    secrets.u32(check);
    secrets.string(type);
    secrets.string(point);
    Buffer both(seed_.begin(), seed_.end());
    both.insert(both.end(), point.begin(), point.end());
    const Wiped secret(std::move(both));
    secrets.string(secret.view());
    secrets.string(comment);
    for (std::uint8_t padding = 1; secrets.view().size() % padding_block != 0; ++padding) {
        secrets.u8(padding);
    }
    const Wiped list(std::move(secrets).take());
    WireWriter file;
    file.bytes(as_bytes(magic));
    file.string(std::string_view("none"));
    file.string(std::string_view("none"));
    file.string(std::string_view());
    file.u32(1);
    file.string(public_key_.blob);
    file.string(list.view());
    const Wiped all(std::move(file).take());
    return encode_armour(all.view(), label, armour_width);
}

} // namespace slipway::trust
