#include "trust/sshsig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/openssh_test.h"
#include "trust/signing_key.h"
#include "trust/wire.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

constexpr std::string_view name_space = "slipway-commit";
constexpr std::string_view message = "what is signed\n";

/// The fault and the message of what `act` throws.
template <typename Act>
std::string refusal(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return (error.fault() == Fault::refused   ? "refused: "
                : error.fault() == Fault::corrupt ? "corrupt: "
                                                  : "other: ") +
               std::string(error.what());
    }
    return "accepted";
}

std::string check(const Signature& signature, std::string_view of = message) {
    return refusal([&] { check_signature(signature, as_bytes(of), name_space); });
}

struct Kind {
    std::string name;
    std::string options;
};

class EveryKind : public testing::TestWithParam<Kind> {
protected:
    OpenSsh openssh;
};

TEST_P(EveryKind, of_key_signs_with_openssh_and_is_believed_here) {
    const auto key = openssh.make_key("key", GetParam().options);
    const auto signature = openssh.sign("key", message, name_space);
    EXPECT_EQ(signature.key, key);
    EXPECT_EQ(check(signature), "accepted");
    EXPECT_THAT(check(signature, "something else"), HasSubstr("does not match"));
    EXPECT_THAT(openssh.must("ssh-keygen -lf key.pub"), HasSubstr(key.fingerprint() + " "));
    EXPECT_THAT(openssh.read("key.pub"), HasSubstr(key.line() + " comment"));
    EXPECT_EQ(armour(encode(signature)), openssh.read("signed.sig"));
}

TEST_P(EveryKind, of_key_signs_with_a_certificate) {
    const auto authority = openssh.make_key("authority", "-t ed25519");
    const auto key = openssh.make_key("key", GetParam().options);
    openssh.must("ssh-keygen -q -s authority -I serial-one -n me,you -V -1h:+1h key.pub");
    const auto signature = openssh.sign("key-cert.pub", message, name_space);
    ASSERT_TRUE(signature.certificate);
    EXPECT_EQ(signature.key, key);
    EXPECT_EQ(signature.certificate->authority, authority);
    EXPECT_EQ(signature.certificate->id, "serial-one");
    EXPECT_THAT(signature.certificate->principals, testing::ElementsAre("me", "you"));
    EXPECT_EQ(check(signature), "accepted");
    EXPECT_EQ(armour(encode(signature)), openssh.read("signed.sig"));
}

TEST_P(EveryKind, of_key_may_sign_certificates) {
    openssh.make_key("authority", GetParam().options);
    openssh.make_key("key", "-t ed25519");
    openssh.must("ssh-keygen -q -s authority -I one -n me key.pub");
    EXPECT_EQ(check(openssh.sign("key-cert.pub", message, name_space)), "accepted");
}

INSTANTIATE_TEST_SUITE_P(
    Sshsig,
    EveryKind,
    testing::Values(
        Kind{"ed25519", "-t ed25519"},
        Kind{"p256", "-t ecdsa -b 256"},
        Kind{"p384", "-t ecdsa -b 384"},
        Kind{"p521", "-t ecdsa -b 521"},
        Kind{"rsa", "-t rsa -b 2048"}
    ),
    [](const auto& test) { return test.param.name; }
);

class Tokens : public testing::TestWithParam<TestToken::Curve> {
protected:
    TestToken token{GetParam()};
    OpenSsh openssh;
};

TEST_P(Tokens, sign_as_openssh_believes_too) {
    const auto signature = token.sign(message, name_space, 1);
    EXPECT_EQ(check(signature), "accepted");
    openssh.write("sig", armour(encode(signature)));
    openssh.write("message", message);
    EXPECT_THAT(
        openssh.must("ssh-keygen -Y check-novalidate -n slipway-commit -s sig <message"),
        HasSubstr(signature.key.fingerprint())
    );
}

TEST_P(Tokens, that_nobody_touched_are_refused) {
    EXPECT_THAT(
        check(token.sign(message, name_space, 0)), HasSubstr("by a token that nobody touched")
    );
}

TEST_P(Tokens, sign_their_flags) {
    auto signature = token.sign(message, name_space, 0);
    constexpr std::size_t flags_from_end = 5;
    signature.raw.at(signature.raw.size() - flags_from_end) = std::byte{1};
    EXPECT_THAT(check(signature), HasSubstr("does not match"));
}

INSTANTIATE_TEST_SUITE_P(
    Sshsig,
    Tokens,
    testing::Values(TestToken::Curve::ed25519, TestToken::Curve::p256),
    [](const auto& test) { return test.param == TestToken::Curve::p256 ? "p256" : "ed25519"; }
);

/// One good signature, and what becomes of it.
class Sshsig : public testing::Test {
protected:
    SigningKey key = SigningKey::generate();
    Buffer blob = key.sign(as_bytes(message), name_space);
    Signature good = decode_signature(blob);
};

TEST_F(Sshsig, for_another_namespace_is_refused) {
    const auto other = decode_signature(key.sign(as_bytes(message), "file"));
    EXPECT_THAT(check(other), HasSubstr("is for the namespace 'file', not 'slipway-commit'"));
    auto renamed = other;
    renamed.name_space = name_space;
    EXPECT_THAT(check(renamed), HasSubstr("does not match"));
}

TEST_F(Sshsig, with_any_bit_flipped_is_refused) {
    for (std::size_t i = 0; i < blob.size(); ++i) {
        auto damaged = blob;
        damaged[i] ^= std::byte{1};
        const auto what = refusal([&] {
            check_signature(decode_signature(damaged), as_bytes(message), name_space);
        });
        EXPECT_TRUE(what.starts_with("refused: ") || what.starts_with("corrupt: ")) << i << what;
    }
}

TEST_F(Sshsig, cut_off_anywhere_is_refused) {
    for (std::size_t size = 0; size < blob.size(); ++size) {
        const auto what = refusal([&] { decode_signature(ConstBytes(blob).first(size)); });
        EXPECT_THAT(what, HasSubstr("corrupt: the signature ends early")) << size;
    }
    blob.push_back(std::byte{0});
    EXPECT_THAT(refusal([&] { decode_signature(blob); }), HasSubstr("1 bytes too many"));
}

TEST_F(Sshsig, by_a_hash_that_is_not_accepted_is_refused) {
    good.hash_algorithm = "md5";
    EXPECT_THAT(check(good), HasSubstr("refused: the signature uses the hash 'md5'"));
    good.hash_algorithm = "sha256"; // another one than was signed
    EXPECT_THAT(check(good), HasSubstr("does not match"));
}

TEST_F(Sshsig, with_sha256_is_believed) {
    const OpenSsh openssh;
    openssh.make_key("key", "-t rsa -b 2048");
    openssh.write("signed", message);
    openssh.must("ssh-keygen -q -Y sign -O hashalg=sha256 -f key -n slipway-commit signed");
    const auto signature = decode_signature(unarmour(openssh.read("signed.sig")));
    EXPECT_EQ(signature.hash_algorithm, "sha256");
    EXPECT_EQ(check(signature), "accepted");
}

TEST_F(Sshsig, by_an_algorithm_of_another_key_is_refused) {
    WireWriter raw;
    raw.string("ssh-rsa");
    raw.string(Buffer(64));
    good.raw = std::move(raw).take();
    EXPECT_THAT(check(good), HasSubstr("uses 'ssh-rsa', which is not accepted for a key of type"));
}

TEST_F(Sshsig, by_another_key_is_refused) {
    good.key = SigningKey::generate().public_key();
    EXPECT_THAT(check(good), HasSubstr("does not match: it is damaged, or of other bytes"));
}

TEST_F(Sshsig, of_a_newer_version_is_refused) {
    constexpr std::size_t version_byte = 9;
    blob.at(version_byte) = std::byte{2};
    EXPECT_THAT(refusal([&] { decode_signature(blob); }), HasSubstr("is of version 2"));
}

TEST_F(Sshsig, without_a_namespace_is_refused) {
    good.name_space = "";
    EXPECT_THAT(refusal([&] { decode_signature(encode(good)); }), HasSubstr("has no namespace"));
}

TEST_F(Sshsig, that_is_none_is_refused) {
    EXPECT_THAT(
        refusal([] { decode_signature(as_bytes("SSHKEY and more")); }),
        HasSubstr("this is no SSH signature")
    );
}

TEST_F(Sshsig, reserved_bytes_are_signed) {
    good.reserved = to_buffer(as_bytes("later"));
    EXPECT_EQ(encode(decode_signature(encode(good))), encode(good));
    EXPECT_THAT(check(good), HasSubstr("does not match"));
}

TEST_F(Sshsig, in_armour_comes_back) {
    const auto text = armour(blob);
    EXPECT_EQ(unarmour(text), blob);
    EXPECT_EQ(unarmour("\n" + text + "\n"), blob);
    EXPECT_THAT(unarmour_all(text + "\n" + text), testing::ElementsAre(blob, blob));
    EXPECT_TRUE(unarmour_all("\n").empty());
}

TEST_F(Sshsig, in_damaged_armour_is_refused) {
    const auto text = armour(blob);
    const auto refused = [](const std::string& damaged) {
        return refusal([&] { unarmour(damaged); });
    };
    EXPECT_THAT(refused(text.substr(1)), HasSubstr("there is no '-----BEGIN SSH SIGNATURE-----'"));
    EXPECT_THAT(
        refused(text.substr(0, 200)), HasSubstr("there is no '-----END SSH SIGNATURE-----'")
    );
    EXPECT_THAT(refused(text + "more"), HasSubstr("there is more behind the signature"));
    auto letter = text;
    letter[50] = '!';
    EXPECT_THAT(refused(letter), HasSubstr("no base64"));
}

} // namespace
} // namespace slipway::trust
