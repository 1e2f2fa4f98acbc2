#include "trust/approval.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "trust/key_chain_test.h"
#include "trust/openssh_test.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;

constexpr std::int64_t time_of_commit = 1'700'000'000;

struct People {
    SigningKey alice = SigningKey::generate();
    SigningKey bob = SigningKey::generate();
    SigningKey stranger = SigningKey::generate();
    KeySet keys = first_set({SigningKey::generate()});

    People() {
        add("alice", alice);
        add("bob", bob);
        keys.branches = {{"free", 0, {}}, {"main", 2, {"alice", "bob"}}, {"lab/*", 1, {"*"}}};
    }

    void add(const std::string& name, const SigningKey& key) {
        keys.signers.push_back(fmt::format("{} {}", name, key.public_key().line()));
    }

    static SignedCommit commit(const std::vector<SigningKey>& signers) {
        SignedCommit made;
        made.message = to_buffer(as_bytes("slipway commit 1\n"));
        made.id = sha256(made.message);
        made.time = time_of_commit;
        for (const auto& key : signers) {
            made.signatures.push_back(key.sign(made.message, commit_namespace));
        }
        return made;
    }

    std::string refused(const CommitPlace& place, const std::vector<SigningKey>& signers) const {
        return refusal([&] { check_approval(keys, place, commit(signers)); });
    }
};

TEST(Approval, NeedsAsManyPrincipalsAsThePolicySays) { // K9
    const People people;
    EXPECT_EQ(people.refused({"main"}, {people.alice, people.bob}), "");
    EXPECT_THAT(
        people.refused({"main"}, {people.alice}),
        HasSubstr("lacks signatures for branch 'main': 2 of alice, bob needed, there: alice")
    );
    EXPECT_THAT(people.refused({"main"}, {people.alice, people.alice}), HasSubstr("there: alice"));
    EXPECT_THAT(people.refused({"main"}, {}), HasSubstr("none there"));
    EXPECT_THAT(
        people.refused({"main"}, {people.alice, people.stranger}), HasSubstr("one does not count")
    );
}

TEST(Approval, IsNotNeededWhereNothingIsAsked) {
    const People people;
    EXPECT_EQ(people.refused({"free"}, {}), "");
    EXPECT_EQ(people.refused({"elsewhere"}, {}), "");
    EXPECT_FALSE(asks_for_signatures(people.keys, {"free"}));
    EXPECT_TRUE(asks_for_signatures(people.keys, {"main"}));
}

TEST(Approval, OfACommitWithoutABranchIsThatOfAnyBranchThatAsks) { // K10
    People people;
    EXPECT_EQ(people.refused({}, {people.bob}), ""); // as lab/* asks
    EXPECT_NE(people.refused({}, {}), "");
    people.keys.branches.pop_back();
    EXPECT_NE(people.refused({}, {people.bob}), "");
    people.keys.branches.pop_back();
    EXPECT_EQ(people.refused({}, {}), "");
}

TEST(Approval, CountsAKeyForOnePrincipal) { // K9
    People people;
    people.add("alice,bob", people.stranger);
    EXPECT_THAT(people.refused({"main"}, {people.stranger}), HasSubstr("there: alice"));
    EXPECT_EQ(people.refused({"main"}, {people.stranger, people.bob}), "");
}

TEST(Approval, CountsAKeyOnceWithAndWithoutACertificate) { // K9
    const OpenSsh ssh;
    const auto key = ssh.make_key("alice", "-t ed25519");
    const auto authority = ssh.make_key("authority", "-t ed25519");
    ssh.must("ssh-keygen -q -s authority -I one -n alice@ca alice.pub");
    People people;
    people.keys.signers = {"alice " + key.line(), "*@ca cert-authority " + authority.line()};
    people.keys.branches = {{"main", 2, {"*"}}};
    auto commit = People::commit({});
    for (const auto* const by : {"alice", "alice-cert.pub"}) {
        const auto signature = ssh.sign(by, as_text(commit.message), commit_namespace);
        commit.signatures.push_back(encode(signature));
    }
    EXPECT_THAT(
        refusal([&] { check_approval(people.keys, {"main"}, commit); }), HasSubstr("there: alice")
    );
    people.keys.branches = {{"main", 1, {"alice@ca"}}};
    EXPECT_EQ(refusal([&] { check_approval(people.keys, {"main"}, commit); }), "");
}

TEST(Approval, DoesNotCountRevokedKeys) { // K8
    People people;
    people.keys.revoked = {people.bob.public_key()};
    EXPECT_THAT(people.refused({"main"}, {people.alice, people.bob}), HasSubstr("is revoked"));
}

TEST(Approval, CountsAKeyOnlyWhileItIsValid) { // K11
    People people;
    people.keys.signers[1] = "bob valid-before=\"20200101Z\" " + people.bob.public_key().line();
    EXPECT_THAT(
        people.refused({"main"}, {people.alice, people.bob}), HasSubstr("one does not count")
    );
}

} // namespace
} // namespace slipway::trust
