#include "trust/openssh_test.h"

#include <array>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/wait.h>

#include "base/digest.h"
#include "trust/wire.h"

namespace slipway::trust {

namespace {

template <auto free>
struct FreeBy {
    template <typename T>
    void operator()(T* object) const {
        free(object);
    }
};

using KeyHandle = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

constexpr std::string_view application = "ssh:";
constexpr std::uint32_t counter = 7;

unsigned char* raw(Buffer& bytes) {
    return static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
}

KeyHandle open_pem(const std::string& pem) {
    const std::unique_ptr<BIO, FreeBy<BIO_free>> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))
    );
    return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

std::string pem_of(EVP_PKEY* key) {
    const std::unique_ptr<BIO, FreeBy<BIO_free>> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Buffer point_of(EVP_PKEY* key) {
    constexpr std::size_t largest = 133;
    Buffer point(largest);
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw(point), point.size(), &size);
    point.resize(size);
    return point;
}

/// ASN.1 as r and s.
Buffer ecdsa_from_asn1(const Buffer& bytes) {
    const auto* at = static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
    const std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes.size()))
    );
    WireWriter writer;
    for (const auto* number : {ECDSA_SIG_get0_r(pair.get()), ECDSA_SIG_get0_s(pair.get())}) {
        Buffer magnitude(static_cast<std::size_t>(BN_num_bytes(number)));
        BN_bn2bin(number, raw(magnitude));
        writer.number(magnitude);
    }
    return std::move(writer).take();
}

} // namespace

OpenSsh::Outcome OpenSsh::run(const std::string& script) const {
    write("script", script);
    const auto command = fmt::format(
        "cd '{0}' && env -u SSH_AUTH_SOCK TZ=UTC bash ./script 2>&1 </dev/null",
        held_.path().native()
    );
    FILE* const pipe = popen(command.c_str(), "re"); // NOLINT(*): a test's own script
    std::array<char, 4096> block{};
    Outcome outcome;
    while (const auto count = fread(block.data(), 1, block.size(), pipe)) {
        outcome.output.append(block.data(), count);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
}

std::string OpenSsh::must(const std::string& script) const {
    auto [status, output] = run(script);
    EXPECT_EQ(status, 0) << script << "\n" << output;
    return output;
}

PublicKey OpenSsh::make_key(const std::string& name, const std::string& options) const {
    must(fmt::format("ssh-keygen -q -N '' -C comment -f {} {}", name, options));
    return PublicKey::parse_line(read(name + ".pub"));
}

Signature
OpenSsh::sign(const std::string& key, std::string_view message, std::string_view name_space) const {
    write("signed", message);
    must(fmt::format("rm -f signed.sig; ssh-keygen -q -Y sign -f {} -n {} signed", key, name_space)
    );
    return decode_signature(unarmour(read("signed.sig")));
}

std::string OpenSsh::read(const std::string& name) const {
    return std::string(as_text(read_file(held_.path() / name)));
}

void OpenSsh::write(const std::string& name, std::string_view text) const {
    replace_file(held_.path() / name, as_bytes(text));
}

TestToken::TestToken(Curve curve) : curve_(curve) {
    const KeyHandle key(
        curve == Curve::ed25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
    );
    private_key_ = pem_of(key.get());
    WireWriter blob;
    if (curve == Curve::ed25519) {
        blob.string("sk-ssh-ed25519@openssh.com");
    } else {
        blob.string("sk-ecdsa-sha2-nistp256@openssh.com");
        blob.string("nistp256");
    }
    blob.string(point_of(key.get()));
    blob.string(application);
    key_ = PublicKey::decode(blob.view());
}

Signature
TestToken::sign(std::string_view message, std::string_view name_space, std::uint8_t flags) const {
    constexpr std::string_view hash = "sha512";
    const auto data = signed_data(name_space, {}, hash, as_bytes(message));
    WireWriter shown;
    shown.bytes(sha256(as_bytes(application)).view());
    shown.u8(flags);
    shown.u32(counter);
    shown.bytes(sha256(data).view());

    const auto key = open_pem(private_key_);
    const std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    EVP_DigestSignInit_ex(
        context.get(),
        nullptr,
        curve_ == Curve::ed25519 ? nullptr : "SHA256",
        nullptr,
        nullptr,
        key.get(),
        nullptr
    );
    constexpr std::size_t largest = 80;
    Buffer bytes(largest);
    auto size = bytes.size();
    auto to_sign = to_buffer(shown.view());
    EXPECT_EQ(EVP_DigestSign(context.get(), raw(bytes), &size, raw(to_sign), to_sign.size()), 1);
    bytes.resize(size);

    WireWriter signature;
    signature.string(key_.type);
    signature.string(curve_ == Curve::ed25519 ? bytes : ecdsa_from_asn1(bytes));
    signature.u8(flags);
    signature.u32(counter);
    return {
        key_,
        std::nullopt,
        std::string(name_space),
        {},
        std::string(hash),
        std::move(signature).take()};
}

} // namespace slipway::trust
