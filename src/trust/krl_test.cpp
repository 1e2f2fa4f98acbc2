#include "trust/krl.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "trust/base64.h"
#include "trust/openssh_test.h"
#include "trust/revoked_keys.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

/// Keys and certificates, and a list that revokes some of them.
class Revoking : public testing::Test {
protected:
    Revoking() {
        for (const auto* const name : {"ca", "other-ca", "alice", "bob", "carol", "dave"}) {
            ssh.make_key(name, "-t ed25519");
        }
    }

    /// A certificate of alice's: ALICE-SERIAL.pub.
    std::string certificate(std::uint64_t serial, const std::string& options = "-s ca") {
        const auto name = fmt::format("alice-{}", serial);
        ssh.must(fmt::format(
            "cp alice.pub {0}.pub; ssh-keygen -q {2} -I id-{1} -n me -z {1} {0}.pub",
            name,
            serial,
            options
        ));
        return name + "-cert.pub";
    }

    /// What a signature with that key or certificate is refused with; empty if it is not.
    std::string refusal(const std::string& file) const {
        const auto text = ssh.read(file);
        const auto words = split(text, ' ');
        const auto blob = decode_base64(words.at(1));
        Signature signature;
        if (is_certificate(blob)) {
            signature.certificate = Certificate::decode(blob);
            signature.key = signature.certificate->key;
        } else {
            signature.key = PublicKey::decode(blob);
        }
        try {
            RevokedKeys::parse(ssh.read("list")).check(signature);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::refused) << error.what();
            return error.what();
        }
        return "";
    }

    /// Both programs must agree.
    bool is_revoked(const std::string& file) const {
        const auto theirs = ssh.run("ssh-keygen -Q -f list " + file).status != 0;
        EXPECT_EQ(theirs, !refusal(file).empty()) << file;
        return theirs;
    }

    OpenSsh ssh;
};

TEST_F(Revoking, names_keys_by_themselves_and_by_fingerprints) { // G15
    ssh.must("printf 'key: %s\\nsha1: %s\\nsha256: %s\\n' \"$(cat alice.pub)\" \"$(cat bob.pub)\" "
             "\"$(cat carol.pub)\" >spec; ssh-keygen -q -k -f list spec");
    EXPECT_TRUE(is_revoked("alice.pub"));
    EXPECT_TRUE(is_revoked("bob.pub"));
    EXPECT_TRUE(is_revoked("carol.pub"));
    EXPECT_FALSE(is_revoked("dave.pub"));
    EXPECT_TRUE(is_revoked(certificate(1)));
}

TEST_F(Revoking, names_certificates_by_serial_numbers_and_ids) { // G15
    std::string spec = "serial: 1-10\nserial: 1000000\nid: id-77\n";
    for (auto serial = 100; serial < 200; serial += 2) {
        spec += fmt::format("serial: {}\n", serial);
    }
    ssh.write("spec", spec);
    ssh.must("ssh-keygen -q -k -f list -s ca.pub spec");
    for (const auto serial : {1, 10, 77, 100, 198, 1'000'000}) {
        EXPECT_TRUE(is_revoked(certificate(serial))) << serial;
    }
    for (const auto serial : {0, 11, 78, 99, 101, 199, 200, 999'999, 1'000'001}) {
        EXPECT_FALSE(is_revoked(certificate(serial))) << serial;
    }
    EXPECT_FALSE(is_revoked(certificate(5, "-s other-ca")));
    EXPECT_FALSE(is_revoked("alice.pub"));
    EXPECT_THAT(refusal(certificate(5)), HasSubstr("the certificate 'id-5' of SHA256:"));
}

TEST_F(Revoking, names_authorities) { // G15
    ssh.must("ssh-keygen -q -k -f list ca.pub");
    EXPECT_TRUE(is_revoked(certificate(3)));
    EXPECT_FALSE(is_revoked(certificate(4, "-s other-ca")));
    EXPECT_THAT(refusal(certificate(3)), HasSubstr("the authority SHA256:"));
}

TEST_F(Revoking, needs_the_whole_list) {
    ssh.must("ssh-keygen -q -k -f list alice.pub");
    const auto whole = ssh.read("list");
    for (std::size_t size = 8; size < whole.size(); ++size) {
        if (size == 44) { // it ends between sections
            continue;
        }
        EXPECT_THROW(decode_revocation_list(as_bytes(whole.substr(0, size))), Error) << size;
    }
    EXPECT_THROW(decode_revocation_list(as_bytes(whole + "\x09")), Error);
    EXPECT_THROW(decode_revocation_list(as_bytes(whole + std::string("\x09\0\0\0\0", 5))), Error);
}

} // namespace
} // namespace slipway::trust
