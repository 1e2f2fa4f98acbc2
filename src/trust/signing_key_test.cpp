#include "trust/signing_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/openssh_test.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

constexpr std::string_view message = "what is signed\n";

std::string refusal(std::string_view file) {
    try {
        SigningKey::parse(file);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

class SigningKeys : public testing::Test {
protected:
    OpenSsh openssh;
};

TEST_F(SigningKeys, sign_what_openssh_verifies) {
    const auto key = SigningKey::generate();
    openssh.write("message", message);
    openssh.write("sig", armour(key.sign(as_bytes(message), "slipway-head")));
    openssh.write("signers", "server " + key.public_key().line() + "\n");
    EXPECT_THAT(
        openssh.must("ssh-keygen -Y verify -f signers -I server -n slipway-head -s sig <message"),
        HasSubstr("Good \"slipway-head\" signature for server")
    );
}

TEST_F(SigningKeys, are_read_from_files_of_ssh_keygen) {
    const auto public_key = openssh.make_key("key", "-t ed25519");
    const auto key = SigningKey::parse(openssh.read("key"));
    EXPECT_EQ(key.public_key(), public_key);
    check_signature(decode_signature(key.sign(as_bytes(message), "x")), as_bytes(message), "x");
}

TEST_F(SigningKeys, are_written_as_ssh_keygen_reads_them) {
    const auto key = SigningKey::generate();
    for (const auto* comment : {"", "a", "server@host, of a length that is padded"}) {
        openssh.write("key", key.file(comment));
        openssh.must("chmod 600 key");
        const auto shown = openssh.must("ssh-keygen -y -f key");
        EXPECT_EQ(PublicKey::parse_line(shown), key.public_key());
        EXPECT_THAT(shown, HasSubstr(comment));
        EXPECT_EQ(SigningKey::parse(openssh.read("key")).public_key(), key.public_key());
    }
}

TEST_F(SigningKeys, differ) {
    EXPECT_NE(SigningKey::generate().public_key(), SigningKey::generate().public_key());
}

TEST_F(SigningKeys, that_cannot_sign_unattended_are_refused) {
    openssh.must("ssh-keygen -q -t ed25519 -N secret -f locked");
    EXPECT_THAT(refusal(openssh.read("locked")), HasSubstr("has a passphrase"));
    openssh.make_key("other", "-t ecdsa");
    EXPECT_THAT(
        refusal(openssh.read("other")), HasSubstr("is of type ecdsa-sha2-nistp256, not ssh-ed25519")
    );
    EXPECT_THAT(refusal(openssh.read("other.pub")), HasSubstr("there is no '-----BEGIN OPENSSH"));
}

TEST_F(SigningKeys, that_are_damaged_are_refused) {
    const auto file = SigningKey::generate().file("comment");
    for (std::size_t size = 0; size + 2 < file.size(); ++size) {
        EXPECT_NE(refusal(std::string_view(file).substr(0, size)), "accepted") << size;
    }
}

} // namespace
} // namespace slipway::trust
