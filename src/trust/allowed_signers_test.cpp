#include "trust/allowed_signers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/openssh_test.h"
#include "trust/patterns.h"
#include "trust/signing_key.h"
#include "trust/times.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

constexpr std::string_view name_space = "slipway-commit";
constexpr std::string_view message = "what is signed\n";

/// Whom a line allows, and what OpenSSH thinks of it.
class Allowed : public testing::Test {
protected:
    /// The principals, or why not.
    std::string verify(
        const std::string& text, const std::string& time = "20260601Z", std::string_view who = {}
    ) const {
        try {
            auto signers = AllowedSigners::parse(text);
            signers.revoke(revoked);
            return signers.verify(signature, as_bytes(message), name_space, parse_time(time), who)
                .principals;
        } catch (const Error& error) {
            return error.what();
        }
    }

    /// As verify(), by `ssh-keygen -Y verify`.
    bool openssh_verifies(const std::string& text, const std::string& time, std::string_view who) {
        openssh.write("signers", text);
        openssh.write("message", message);
        openssh.write("sig", armour(encode(signature)));
        return openssh
                   .run(fmt::format(
                       "ssh-keygen -Y verify -f signers -I '{}' -n {} -s sig -Overify-time={} "
                       "<message",
                       who,
                       name_space,
                       time
                   ))
                   .status == 0;
    }

    OpenSsh openssh;
    SigningKey signing_key = SigningKey::generate();
    std::string key = signing_key.public_key().line();
    std::string fingerprint = signing_key.public_key().fingerprint();
    RevokedKeys revoked;
    Signature signature = decode_signature(signing_key.sign(as_bytes(message), name_space));
};

TEST_F(Allowed, names_the_principals_of_the_line) {
    EXPECT_EQ(verify("# people\n\nme,you@here " + key + " comment"), "me,you@here");
    EXPECT_EQ(verify("\"me, too\" " + key), "me, too");
}

TEST_F(Allowed, a_key_that_is_not_listed_is_refused) {
    const auto other = SigningKey::generate().public_key().line();
    EXPECT_EQ(
        verify("me " + other), "the key " + fingerprint + " is not among the allowed signers"
    );
    EXPECT_EQ(verify(""), "the key " + fingerprint + " is not among the allowed signers");
}

TEST_F(Allowed, expired_and_not_yet_valid_keys_are_refused) {
    const auto text = R"(me valid-after="20260101Z",valid-before="20261231Z" )" + key;
    EXPECT_EQ(verify(text), "me");
    EXPECT_EQ(
        verify(text, "20250101Z"),
        "the key " + fingerprint +
            " is not yet valid at 2025-01-01T00:00:00Z: it is from 2026-01-01T00:00:00Z"
    );
    EXPECT_EQ(
        verify(text, "20270101Z"),
        "the key " + fingerprint +
            " has expired by 2027-01-01T00:00:00Z: it was until 2026-12-31T00:00:00Z"
    );
    EXPECT_EQ(verify(text, "20261231Z"), "me");
    EXPECT_EQ(verify(text, "20260101Z"), "me");
}

TEST_F(Allowed, a_key_for_other_namespaces_is_refused) {
    EXPECT_EQ(verify("me namespaces=\"file,slipway-*\" " + key), "me");
    EXPECT_EQ(
        verify("me namespaces=\"file,!slipway-commit,*\" " + key),
        "the key " + fingerprint + " is not allowed for the namespace 'slipway-commit'"
    );
}

TEST_F(Allowed, a_revoked_key_is_refused) {
    const auto refused = "the key " + fingerprint + " is revoked";
    revoked = RevokedKeys::parse("# lost\n" + key + " laptop\n");
    EXPECT_EQ(verify("me " + key), refused);
    revoked = RevokedKeys::parse(fingerprint + "\n");
    EXPECT_EQ(verify("me " + key), refused);
    revoked = RevokedKeys::parse(SigningKey::generate().public_key().fingerprint());
    EXPECT_EQ(verify("me " + key), "me");
}

TEST_F(Allowed, another_principal_is_refused) {
    const auto text = "*@here,!root@here " + key;
    EXPECT_EQ(verify(text, "20260601Z", "me@here"), "me@here");
    EXPECT_EQ(
        verify(text, "20260601Z", "root@here"),
        "the key " + fingerprint + " is not allowed for 'root@here'"
    );
}

TEST_F(Allowed, a_later_line_may_allow_what_an_earlier_one_does_not) {
    EXPECT_EQ(verify("me valid-before=\"20200101Z\" " + key + "\nyou " + key), "you");
}

TEST_F(Allowed, a_message_that_was_changed_is_refused_first) {
    signature = decode_signature(signing_key.sign(as_bytes("another"), name_space));
    EXPECT_THAT(verify("me " + key), HasSubstr("does not match"));
}

TEST_F(Allowed, openssh_agrees_about_every_line) {
    const auto other = SigningKey::generate().public_key().line();
    const std::vector<std::string> lines = {
        "me " + key,
        "you " + key,
        "*,!me " + key,
        "m?,you " + key,
        "\"me\" " + key,
        "me " + other,
        "me cert-authority " + key,
        "me NAMESPACES=\"slipway-commit\" " + key,
        "me namespaces=\"file\" " + key,
        "me namespaces=\"*\",valid-after=\"20260101Z\" " + key,
        "me valid-after=\"20260601120000Z\" " + key,
        "me valid-after=\"202606011201Z\" " + key,
        "me valid-before=\"202606011159Z\" " + key,
        "me valid-before=\"20260601120000Z\" " + key + " comment here",
        "me\t" + key,
    };
    for (const auto& line : lines) {
        const auto ours = verify(line, "202606011200Z", "me") == "me";
        EXPECT_EQ(ours, openssh_verifies(line, "202606011200Z", "me")) << line;
    }
}

TEST_F(Allowed, lines_that_cannot_be_read_are_refused) {
    EXPECT_THAT(verify("me option " + key), HasSubstr("'option' is no option"));
    EXPECT_THAT(verify("me valid-after=20260101Z " + key), HasSubstr("not in double quotes"));
    EXPECT_THAT(verify("me valid-after=\"2026\" " + key), HasSubstr("is no time of the form"));
    EXPECT_THAT(verify("me valid-after=\"20260230Z\" " + key), HasSubstr("is no time of the form"));
    EXPECT_THAT(verify("me namespaces=\"\" " + key), HasSubstr("namespaces is empty"));
    EXPECT_THAT(
        verify("me valid-after=\"20260102Z\",valid-before=\"20260101Z\" " + key),
        HasSubstr("valid-before is not later")
    );
    EXPECT_THAT(verify("me"), HasSubstr("is no option"));
    EXPECT_THAT(verify("me ssh-dss AAAA"), HasSubstr("key type 'ssh-dss' is not known"));
}

TEST_F(Allowed, errors_name_the_line) {
    try {
        AllowedSigners::parse("# comment\nme " + key + "\nyou nonsense\n");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.report(), HasSubstr("reading line 3 of the allowed signers"));
    }
}

/// The same with a certificate.
class Certified : public Allowed {
protected:
    Certified() {
        authority = openssh.make_key("authority", "-t ecdsa");
        openssh.make_key("key", "-t ed25519");
    }

    /// Signs with a certificate that was made with these options.
    void certify(const std::string& options) {
        openssh.must(
            "rm -f key-cert.pub; ssh-keygen -q -s authority -I me " + options + " key.pub"
        );
        signature = openssh.sign("key-cert.pub", message, name_space);
    }

    PublicKey authority;
};

TEST_F(Certified, signers_are_believed_for_principals_that_both_name) {
    certify("-n me@here,you@here,me@there -V 20260101Z:20261231Z");
    const auto line = "*@here cert-authority " + authority.line();
    EXPECT_EQ(verify(line), "me@here,you@here");
    EXPECT_EQ(verify(line, "20260601Z", "you@here"), "you@here");
    EXPECT_THAT(verify(line, "20260601Z", "me@there"), HasSubstr("is not allowed for 'me@there'"));
    EXPECT_THAT(
        verify("root cert-authority " + authority.line()),
        HasSubstr("has a certificate for none of the principals that are allowed")
    );
    for (const auto* who : {"me@here", "you@here", "me@there", "other@here"}) {
        EXPECT_EQ(verify(line, "20260601Z", who) == who, openssh_verifies(line, "20260601Z", who))
            << who;
    }
}

TEST_F(Certified, signers_need_an_authority_that_is_listed_as_one) {
    certify("-n me");
    EXPECT_THAT(verify("me " + authority.line()), HasSubstr("is no authority that is allowed"));
    EXPECT_THAT(verify("me " + signature.key.line()), HasSubstr("is no authority"));
}

TEST_F(Certified, signers_are_refused_outside_the_time_of_the_certificate) {
    certify("-n me -V 20260101Z:20260201Z");
    const auto line = "me cert-authority " + authority.line();
    EXPECT_EQ(verify(line, "20260115Z"), "me");
    EXPECT_THAT(verify(line, "20251231Z"), HasSubstr("the certificate 'me' of"));
    EXPECT_THAT(verify(line, "20251231Z"), HasSubstr("is not yet valid at 2025-12-31T00:00:00Z"));
    EXPECT_THAT(verify(line, "20260201Z"), HasSubstr("has expired by 2026-02-01T00:00:00Z"));
}

TEST_F(Certified, signers_of_hosts_and_of_nobody_are_refused) {
    const auto line = "* cert-authority " + authority.line();
    certify("-h -n me");
    EXPECT_THAT(verify(line), HasSubstr("is one of a host, not of a user"));
    certify("");
    EXPECT_THAT(verify(line), HasSubstr("names no principals"));
}

TEST_F(Certified, signers_with_restrictions_that_are_not_understood_are_refused) {
    certify("-n me -O force-command=true");
    EXPECT_THAT(
        verify("me cert-authority " + authority.line()),
        HasSubstr("has the critical option 'force-command'")
    );
}

TEST_F(Certified, signers_fall_with_their_authority) {
    certify("-n me");
    revoked.add(authority);
    EXPECT_THAT(
        verify("me cert-authority " + authority.line()),
        HasSubstr("the authority " + authority.fingerprint() + " of the certificate of")
    );
}

TEST_F(Certified, signers_cannot_change_their_certificate) {
    certify("-n me");
    auto& blob = signature.certificate->blob;
    const auto at = as_text(blob).rfind("me");
    blob[at] = std::byte{'w'};
    signature = decode_signature(encode(signature));
    EXPECT_THAT(verify("* cert-authority " + authority.line()), HasSubstr("does not match"));
}

TEST(RevokedKeys, that_cannot_be_read_are_refused) {
    EXPECT_THROW(RevokedKeys::parse("SHA256:short"), Error);
    EXPECT_THROW(RevokedKeys::parse("nonsense"), Error);
}

TEST(Patterns, match_as_in_ssh_config) {
    EXPECT_TRUE(matches_pattern("", ""));
    EXPECT_TRUE(matches_pattern("", "**"));
    EXPECT_TRUE(matches_pattern("abcabd", "*ab?"));
    EXPECT_TRUE(matches_pattern("aXbXc", "a*b*c"));
    EXPECT_FALSE(matches_pattern("aXbXcd", "a*b*c"));
    EXPECT_FALSE(matches_pattern("a", "a?"));
    EXPECT_FALSE(matches_pattern("A", "a"));
    EXPECT_TRUE(matches_list("a", "b,a"));
    EXPECT_FALSE(matches_list("a", "!a,*"));
    EXPECT_FALSE(matches_list("a", "*,!a"));
    EXPECT_FALSE(matches_list("b", "!a"));
    // Not exponential.
    EXPECT_FALSE(matches_pattern(std::string(10000, 'a'), "*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

TEST(Times, are_read_in_both_zones) {
    EXPECT_EQ(parse_time("19700101Z"), 0);
    EXPECT_EQ(parse_time("197001010001Z"), 60);
    EXPECT_EQ(parse_time("20260601120001Z"), 1780315201);
    EXPECT_EQ(time_text(1780315201), "2026-06-01T12:00:01Z");
    EXPECT_EQ(time_text(UINT64_MAX), "for ever");
    for (const auto* text :
         {"", "Z", "2026", "20261301Z", "202606012400Z", "2026060112000", "2026O601"}) {
        EXPECT_THROW(parse_time(text), Error) << text;
    }
}

} // namespace
} // namespace slipway::trust
