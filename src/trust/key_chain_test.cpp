#include "trust/key_chain_test.h"

#include <cstdlib>

#include "base/file.h"
#include "trust/head_statement.h"

namespace slipway::trust {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Roots {
    SigningKey a = SigningKey::generate();
    SigningKey b = SigningKey::generate();
    SigningKey c = SigningKey::generate();
};

TEST(KeySets, EncodeToWhatTheyAreDecodedFrom) { // K1
    const Roots roots;
    auto keys = first_set({roots.a, roots.b}, {roots.c});
    keys.signers = {"alice " + roots.a.public_key().line()};
    keys.revoked = {SigningKey::generate().public_key()};
    keys.branches = {{"main", 1, {"alice"}}, {"lab/*", 0, {}}, {"*", 2, {"*"}}};
    EXPECT_EQ(decode_key_set(encode(keys)), keys);
}

/// Why a text is no key set.
std::string damage(const std::string& text) {
    try {
        decode_key_set(text);
    } catch (const Error& error) {
        return (error.fault() == Fault::corrupt ? "" : "not corrupt: ") + std::string(error.what());
    }
    return "it is one";
}

TEST(KeySets, AreRefusedInAnyOtherForm) {
    const Roots roots;
    auto keys = first_set({roots.a});
    const auto good = encode(keys);
    EXPECT_THAT(damage(good + "more\n"), HasSubstr("'more' is out of place"));
    EXPECT_THAT(damage(good.substr(0, good.size() - 1)), HasSubstr("does not begin"));
    keys.threshold = 2; // K5
    EXPECT_THAT(damage(encode(keys)), HasSubstr("2 of 1 root key cannot sign"));
    keys = first_set({roots.a, roots.b});
    std::swap(keys.roots[0], keys.roots[1]);
    EXPECT_THAT(damage(encode(keys)), HasSubstr("not sorted"));
    keys = first_set({roots.a});
    keys.revoked = {roots.a.public_key()}; // K8
    EXPECT_THAT(damage(encode(keys)), HasSubstr("is revoked, and in use"));
    keys = first_set({roots.a});
    keys.sequence = 2; // K3
    EXPECT_THAT(damage(encode(keys)), HasSubstr("only the first set has no predecessor"));
    keys = first_set({roots.a});
    keys.branches = {{"main", 2, {"alice"}}}; // K9
    EXPECT_THAT(damage(encode(keys)), HasSubstr("asks for what cannot be"));
    keys.branches = {{"ma*in", 1, {"alice"}}};
    EXPECT_THAT(damage(encode(keys)), HasSubstr("is no policy"));
    keys.branches = {{"main", 0, {}}, {"main", 0, {}}};
    EXPECT_THAT(damage(encode(keys)), HasSubstr("is there twice"));
    keys.branches.clear();
    keys.signers = {"alice valid-before=\"20270101\" " + roots.a.public_key().line()}; // K7
    EXPECT_THAT(damage(encode(keys)), HasSubstr("a time without Z"));
    keys.signers = {"alice valid-before=\"20270101Z\" " + roots.a.public_key().line()};
    EXPECT_EQ(damage(encode(keys)), "it is one");
    keys.signers = {"nobody"};
    EXPECT_NE(damage(encode(keys)), "it is one");
}

TEST(KeySets, SayWhatABranchAsksFor) { // K9
    KeySet keys;
    keys.branches = {{"lab/scratch", 0, {}}, {"lab/*", 1, {"alice"}}, {"main", 2, {"*"}}};
    EXPECT_EQ(policy_of(keys, "lab/scratch"), nullptr);
    EXPECT_EQ(policy_of(keys, "lab/a"), &keys.branches[1]);
    EXPECT_EQ(policy_of(keys, "main"), &keys.branches[2]);
    EXPECT_EQ(policy_of(keys, "mainly"), nullptr);
}

TEST(KeyChains, AreFollowedOverManySets) { // K12
    const Roots roots;
    const auto one = first_set({roots.a});
    auto two = set_after(one);
    two.roots = public_keys({roots.b, roots.c});
    two.threshold = 2;
    auto three = set_after(two);
    three.roots = public_keys({roots.c});
    three.threshold = 1;
    const auto whole = published(one, {roots.a}) + published(two, {roots.a}) +
                       published(three, {roots.b, roots.c});
    auto pinned = KeyChain::decode(published(one, {roots.a}));
    pinned.follow(KeyChain::decode(whole));
    EXPECT_EQ(pinned.newest().keys, three);
    EXPECT_EQ(encode(pinned), whole);

    auto from_two = KeyChain::decode(published(two, {roots.a}));
    from_two.follow(KeyChain::decode(whole));
    EXPECT_THAT(from_two.sets(), SizeIs(3)); // what came before is known by its name
}

TEST(KeyChains, NeedTheSignaturesOfTheSetBefore) { // K4
    const Roots roots;
    auto one = first_set({roots.a, roots.b});
    one.threshold = 2;
    const auto two = set_after(one);
    const auto first = published(one, {roots.a, roots.b});
    const auto refused = [&](const std::vector<SigningKey>& signers) {
        return refusal([&] { KeyChain::decode(first + published(two, signers)); });
    };
    EXPECT_EQ(refused({roots.a, roots.b}), "");
    EXPECT_EQ(refused({roots.a}), "key set 2 is signed by 1 of the 2 root keys needed");
    EXPECT_EQ(refused({roots.a, roots.a}), "key set 2 is signed by 1 of the 2 root keys needed");
    EXPECT_EQ(refused({roots.a, roots.c}), "key set 2 is signed by 1 of the 2 root keys needed");
    EXPECT_EQ(
        refusal([&] { KeyChain::decode(published(one, {})); }),
        "key set 1 is signed by 0 of the 2 root keys needed"
    );
    const auto other_use = encode(signed_by(encode(two), {roots.a, roots.b}, "slipway-head"));
    EXPECT_EQ(
        refusal([&] { KeyChain::decode(first + other_use); }),
        "key set 2 is signed by 0 of the 2 root keys needed"
    );
}

TEST(KeyChains, HaveNoGapsAndNoForks) { // K12
    const Roots roots;
    const auto one = first_set({roots.a});
    const auto two = set_after(one);
    const auto three = set_after(two);
    auto other_two = two;
    other_two.time += 1;
    const auto first = published(one, {roots.a});
    EXPECT_EQ(
        refusal([&] { KeyChain::decode(first + published(three, {roots.a})); }),
        "the chain of keys has a gap: key set 3 follows 1"
    );
    EXPECT_EQ(
        refusal([&] {
            KeyChain::decode(first + published(other_two, {roots.a}) + published(three, {roots.a}));
        }),
        "the chain of keys forks: key set 3 follows another key set 2"
    );
    auto pinned = KeyChain::decode(first + published(two, {roots.a}));
    EXPECT_EQ(
        refusal([&] { pinned.follow(KeyChain::decode(first + published(other_two, {roots.a}))); }),
        "the chain of keys forks: there is another key set 2"
    );
    EXPECT_EQ(
        refusal([&] { pinned.follow(KeyChain::decode(first)); }), // K13
        "the keys end with key set 1, but key set 2 is known"
    );
    auto far = KeyChain::decode(first);
    EXPECT_EQ(
        refusal([&] { far.follow(KeyChain::decode(published(three, {roots.a}))); }),
        "the chain of keys has a gap: key set 3 follows 1"
    );
    auto elsewhere = first_set({roots.a});
    elsewhere.repository = {};
    EXPECT_EQ(
        refusal([&] { far.follow(KeyChain::decode(published(elsewhere, {roots.a}))); }),
        "these are the keys of another repository"
    );
}

TEST(KeyChains, OfTheGoldenFileAreRead) { // made by ssh-keygen and a shell, in tests/golden/keys
    const auto* source = std::getenv("SLIPWAY_SOURCE"); // NOLINT(concurrency-mt-unsafe)
    const auto directory =
        std::filesystem::path(source == nullptr ? "." : source) / "tests/golden/keys";
    const auto bytes = read_file(directory / "chain");
    const auto chain = KeyChain::decode(as_text(bytes));
    EXPECT_EQ(encode(chain), as_text(bytes));
    EXPECT_EQ(
        chain.newest().name().hex(),
        "f076e29f0d3b5da0e70f009ae31757a9afa27af9f6d3083bfcda6b2600f6bf87"
    );
    const auto head = read_file(directory / "head");
    EXPECT_EQ(check_head(chain, "lab/main", as_text(head)).sequence, 7U);
}

} // namespace
} // namespace slipway::trust
