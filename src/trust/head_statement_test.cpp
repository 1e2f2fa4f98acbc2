#include "trust/head_statement.h"

#include <gtest/gtest.h>

#include "trust/key_chain_test.h"
#include "trust/seen.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

struct Server {
    SigningKey root = SigningKey::generate();
    SigningKey key = SigningKey::generate();
    KeySet keys = first_set({root}, {key});
    KeyChain chain = KeyChain::decode(published(keys, {root}));

    HeadStatement head(std::uint64_t sequence = 7) const {
        return {
            .repository = keys.repository,
            .keys = chain.newest().name(),
            .branch = "main",
            .commit = sha256(as_bytes("commit")),
            .sequence = sequence,
            .time = 2'000'000,
            .expires = 2'600'000};
    }

    std::string bytes(const HeadStatement& statement) const {
        return trust::encode(signed_by(encode(statement), {key}, head_namespace));
    }

    std::string refused(const std::string& statement) const {
        return refusal([&] { check_head(chain, "main", statement); });
    }
};

TEST(HeadStatements, EncodeToWhatTheyAreDecodedFrom) {
    const Server server;
    EXPECT_EQ(decode_head_statement(encode(server.head())), server.head());
    EXPECT_EQ(check_head(server.chain, "main", server.bytes(server.head())), server.head());
}

TEST(HeadStatements, MustBeSignedByAServerKey) { // K14
    const Server server;
    const auto by_root = encode(signed_by(encode(server.head()), {server.root}, head_namespace));
    EXPECT_EQ(
        server.refused(by_root), "the head statement of 'main' is signed by no key of the server"
    );
    const auto for_other_use =
        encode(signed_by(encode(server.head()), {server.key}, key_set_namespace));
    EXPECT_THAT(server.refused(for_other_use), HasSubstr("signed by no key of the server"));
    auto changed = server.bytes(server.head());
    changed.replace(changed.find("sequence 7"), 10, "sequence 9");
    EXPECT_THAT(server.refused(changed), HasSubstr("signed by no key of the server"));
}

TEST(HeadStatements, MustBeOfThisBranchRepositoryAndChain) {
    const Server server;
    auto head = server.head();
    head.branch = "other";
    EXPECT_EQ(
        server.refused(server.bytes(head)), "the head statement is of branch 'other', not 'main'"
    );
    head = server.head();
    head.repository = {};
    EXPECT_EQ(server.refused(server.bytes(head)), "the head statement is of another repository");
    head = server.head();
    head.keys = {};
    EXPECT_THAT(server.refused(server.bytes(head)), HasSubstr("keys that are not known"));
}

TEST(HeadStatements, GiveWayToNewerOnesAndExpire) { // K16
    const Server server;
    const SeenHead seen{8, sha256(as_bytes("commit")), 2'000'000};
    const auto refused = [&](const HeadStatement& head, std::int64_t now) {
        return refusal([&] { check_is_new(head, &seen, now); });
    };
    EXPECT_EQ(refused(server.head(8), 2'100'000), "");
    EXPECT_EQ(refused(server.head(9), 2'100'000), "");
    EXPECT_EQ(
        refused(server.head(7), 2'100'000),
        "the head statement of 'main' is number 7, but number 8 was seen"
    );
    auto other = server.head(8);
    other.commit = {};
    EXPECT_THAT(refused(other, 2'100'000), HasSubstr("number 8 of 'main' was commit"));
    EXPECT_EQ(
        refused(server.head(9), 2'600'000),
        "the head statement of 'main' expired 1970-01-31T02:13:20Z, and now it is "
        "1970-01-31T02:13:20Z"
    );
}

TEST(WhatWasSeen, IsKeptAsText) { // K19
    Seen seen{2, sha256(as_bytes("set")), 1'000'000, {}};
    seen.heads["main"] = {7, sha256(as_bytes("commit")), 2'000'000};
    seen.heads["a/b"] = {1, {}, 0};
    EXPECT_EQ(decode_seen(encode(seen)), seen);
    EXPECT_EQ(decode_seen(encode(Seen())), Seen());
}

TEST(WhatWasSeen, RefusesOlderAndOtherKeys) { // K13
    const Server server;
    Seen seen;
    see_keys(seen, server.chain);
    EXPECT_EQ(seen.key_set_name, server.chain.newest().name());
    auto newer = seen;
    newer.key_set = 2;
    EXPECT_EQ(
        refusal([&] { see_keys(newer, server.chain); }),
        "the keys end with key set 1, but key set 2 was seen"
    );
    auto other = seen;
    other.key_set_name = {};
    EXPECT_EQ(
        refusal([&] { see_keys(other, server.chain); }),
        "the chain of keys forks: another key set 1 was seen"
    );
}

} // namespace
} // namespace slipway::trust
