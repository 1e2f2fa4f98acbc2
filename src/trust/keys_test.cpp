#include "trust/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/base64.h"
#include "trust/openssh_test.h"
#include "trust/wire.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

constexpr std::string_view line =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICSsaCwSQYr1DzU1CVErJUE7doQ46Myrx2qynjfLmBao you@here";

std::string refusal(std::string_view text) {
    try {
        PublicKey::parse_line(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt);
        return error.what();
    }
    return "accepted";
}

TEST(PublicKey, is_read_from_its_line) {
    const auto key = PublicKey::parse_line(line);
    EXPECT_EQ(key.type, "ssh-ed25519");
    EXPECT_EQ(key.line() + " you@here", line);
    EXPECT_EQ(PublicKey::parse_line("  " + key.line() + "\t\n"), key);
}

TEST(PublicKey, of_unknown_type_is_refused) {
    EXPECT_THAT(refusal("ssh-dss AAAA"), HasSubstr("key type 'ssh-dss' is not known"));
    EXPECT_THAT(refusal(""), HasSubstr("key type '' is not known"));
    EXPECT_THAT(refusal("ssh-ed25519-cert-v01@openssh.com AAAA"), HasSubstr("is a certificate"));
}

TEST(PublicKey, that_says_another_type_inside_is_refused) {
    auto text = std::string(line);
    text.replace(0, 11, "ssh-rsa");
    EXPECT_EQ(refusal(text), "a key of type ssh-ed25519 says it is ssh-rsa");
}

TEST(PublicKey, that_is_damaged_is_refused) {
    EXPECT_THAT(refusal("ssh-ed25519 AAAA*"), HasSubstr("no base64"));
    const auto key = PublicKey::parse_line(line);
    for (std::size_t size = 0; size < key.blob.size(); ++size) {
        EXPECT_THROW(PublicKey::decode(ConstBytes(key.blob).first(size)), Error);
    }
    auto longer = key.blob;
    longer.push_back(std::byte{0});
    EXPECT_THROW(PublicKey::decode(longer), Error);
}

TEST(PublicKey, of_weak_rsa_is_refused) {
    const OpenSsh openssh;
    openssh.must("ssh-keygen -q -t rsa -b 1024 -N '' -f weak");
    EXPECT_THAT(refusal(openssh.read("weak.pub")), HasSubstr("is RSA of 1024 bits"));
}

TEST(PublicKey, has_one_encoding) {
    WireWriter blob;
    blob.string("ssh-rsa");
    blob.string(Buffer{std::byte{0}, std::byte{3}}); // a zero too many
    blob.string(Buffer(256, std::byte{0x7F}));
    EXPECT_THAT(
        refusal("ssh-rsa " + encode_base64(blob.view())), HasSubstr("a number with a zero too many")
    );
}

TEST(Base64, refuses_what_it_would_not_write) {
    for (const auto* text :
         {"A", "AA", "AA=", "AB==", "AAAA=", "AA==AA==", " AAA", "AAAA\n", "===="}) {
        EXPECT_THROW(decode_base64(text), Error) << text;
    }
    EXPECT_EQ(decode_base64(""), Buffer());
    for (std::size_t size = 0; size < 10; ++size) {
        const Buffer bytes(size, std::byte{0xA5});
        EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    }
}

} // namespace
} // namespace slipway::trust
