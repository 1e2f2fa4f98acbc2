// sync's adoption of refs from real servers: it lies here because sync may not know them.
#include "sync/adoption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/test_repository.h"
#include "store/fsck.h"
#include "store/heads.h"
#include "sync/mirror.h"
#include "trust/key_chain_test.h"

namespace slipway::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using trust::refusal;

/// Keeps the notices.
class Notices final : public Reporter {
public:
    void began(const Progress& /*progress*/) override {}

    void advanced(const Progress& /*progress*/) override {}

    void ended(const Progress& /*progress*/) override {}

    void notice(std::string_view text) override { texts.lock()->emplace_back(text); }

    void detail(std::string_view /*text*/) override {}

    Guarded<std::vector<std::string>> texts;
};

/// A repository in which commits on `main` must be signed by alice, and one that follows it.
class Adopting : public testing::Test {
protected:
    Adopting() {
        keys_.time = 1000;
        keys_.signers = {"alice " + alice_.public_key().line()};
        keys_.branches = {{"main", 1, {"alice"}}};
        store::create_repository(target_root());
        replace_file(origin_.root() / "server-key", as_bytes(server_key_.file("server")));
    }

    std::filesystem::path target_root() const { return origin_.scratch() / "target"; }

    store::Repository target() const { return {target_root(), store::Access::read_write}; }

    store::Repository writable_origin() const {
        return {origin_.root(), store::Access::read_write};
    }

    void publish(const store::Repository& to, const trust::KeySet& keys) const {
        to.key_sets().add(
            static_cast<std::int64_t>(keys.sequence), trust::published(keys, {root_key_})
        );
    }

    /// A commit on `main` that alice has signed.
    Digest commit_signed(std::size_t directories) {
        const auto commit = origin_.commit_tree("work", directories);
        const auto repository = writable_origin();
        const auto bytes = read_all(*repository.open(commit), tree::largest_commit);
        repository.signatures().add(commit, alice_.sign(bytes, trust::commit_namespace));
        const auto before = repository.branches().find("main");
        repository.branches().move(
            "main", before ? std::optional(before->commit) : std::nullopt, commit, {1, "t", "t"}
        );
        return commit;
    }

    TestServer serve(const std::filesystem::path& root) {
        const auto repository = std::make_shared<store::Repository>(root, store::Access::read_only);
        const auto resources = std::make_shared<Resources>(
            *repository, origin_.scratch() / fmt::format("cache{}", ++served_)
        );
        return TestServer([repository, resources](const net::Request& request) {
            return resources->answer(request);
        });
    }

    TestServer serve() { return serve(origin_.root()); }

    sync::AdoptedNames mirror(
        store::Repository& into,
        const std::vector<net::Url>& servers,
        const sync::RefsQuestion& question = {},
        store::Branches::Divergence divergence = {}
    ) {
        sync::Peer peer({.servers = servers}, notices_);
        const auto refs = read_refs(peer, into, question);
        copy_packs(peer, into, plan_packs(peer, into), notices_);
        check_refs(into, refs);
        adopt_state(into, refs, notices_);
        auto adopted = adopt_names(into, refs, {.divergence = divergence, .time = 1});
        adopted.refusals.insert(adopted.refusals.end(), refs.refusals.begin(), refs.refusals.end());
        return adopted;
    }

    static std::vector<std::string> reasons(const sync::AdoptedNames& adopted) {
        std::vector<std::string> reasons;
        for (const auto& refusal : adopted.refusals) {
            reasons.emplace_back(refusal.what());
        }
        return reasons;
    }

    static std::vector<store::Problem> problems(const store::Repository& of) {
        return store::check(of, silent_reporter()).problems;
    }

    TestRepository origin_;
    trust::SigningKey root_key_ = trust::SigningKey::generate();
    trust::SigningKey server_key_ = trust::SigningKey::generate();
    trust::SigningKey alice_ = trust::SigningKey::generate();
    trust::KeySet keys_ = trust::first_set({root_key_}, {server_key_});
    Notices notices_;
    int served_ = 0;
};

TEST_F(Adopting, takes_key_sets_signatures_and_statements_along) {
    publish(writable_origin(), keys_);
    const auto commit = commit_signed(1);
    const auto server = serve();
    auto into = target();
    EXPECT_THAT(reasons(mirror(into, {server.url()})), IsEmpty());
    const auto from = writable_origin();
    EXPECT_EQ(into.key_sets().chain(), from.key_sets().chain());
    EXPECT_EQ(into.statements().find("main"), from.statements().find("main"));
    EXPECT_THAT(into.signatures().of(commit), SizeIs(1));
    EXPECT_EQ(into.branches().find("main")->commit, commit);
    EXPECT_THAT(mirror(into, {server.url()}).branches, IsEmpty());
    // The next key set and the next move.
    auto next = trust::set_after(keys_);
    next.branches.push_back({"other", 1, {"alice"}});
    publish(from, next);
    const auto second = commit_signed(2);
    EXPECT_THAT(mirror(into, {server.url()}).branches, ElementsAre("main", "work"));
    EXPECT_EQ(into.key_sets().chain(), from.key_sets().chain());
    EXPECT_EQ(into.branches().find("main")->commit, second);
    EXPECT_EQ(into.statements().find("main"), from.statements().find("main"));
    EXPECT_THAT(problems(into), IsEmpty());
}

TEST_F(Adopting, leaves_a_branch_alone_that_the_keys_forbid_to_move_and_moves_the_others) {
    const auto unsigned_one = origin_.commit_tree("main", 1);
    origin_.commit_tree("zoo", 1, 9);
    publish(writable_origin(), keys_);
    const auto server = serve();
    auto into = target();
    const auto adopted = mirror(into, {server.url()});
    EXPECT_THAT(reasons(adopted), ElementsAre(HasSubstr("lacks signatures for branch 'main'")));
    EXPECT_THAT(adopted.branches, ElementsAre("zoo"));
    EXPECT_FALSE(into.branches().find("main"));
    EXPECT_TRUE(into.index().find(unsigned_one));
}

TEST_F(Adopting, refuses_keys_that_do_not_follow_from_those_here_or_those_trusted) {
    publish(writable_origin(), keys_);
    commit_signed(1);
    const auto server = serve();
    auto others = keys_;
    others.repository = sha256(as_bytes("others"));
    {
        auto into = target();
        const sync::RefsQuestion question{
            .trusted = trust::KeyChain::decode(trust::published(others, {root_key_}))};
        EXPECT_THAT(
            refusal([&] { mirror(into, {server.url()}, question); }),
            HasSubstr("the keys of another repository")
        );
        EXPECT_THAT(into.key_sets().chain(), IsEmpty());
        publish(into, others);
        EXPECT_THAT(
            refusal([&] { mirror(into, {server.url()}); }),
            HasSubstr("the keys of another repository")
        );
        EXPECT_THAT(into.branches().list(), IsEmpty());
    }
    const auto empty = origin_.scratch() / "empty";
    store::create_repository(empty);
    const auto keyless = serve(empty);
    const sync::RefsQuestion question{
        .trusted = trust::KeyChain::decode(trust::published(keys_, {root_key_}))};
    const auto other_root = origin_.scratch() / "other";
    store::create_repository(other_root);
    store::Repository other(other_root, store::Access::read_write);
    EXPECT_THAT(
        refusal([&] { mirror(other, {keyless.url()}, question); }), HasSubstr("has no keys")
    );
}

TEST_F(Adopting, asks_its_own_keys_where_it_has_keys_of_its_own) {
    publish(writable_origin(), keys_);
    commit_signed(1);
    const auto server = serve();
    auto into = target();
    auto own = keys_;
    own.repository = sha256(as_bytes("own"));
    own.signers = {"bob " + trust::SigningKey::generate().public_key().line()};
    own.branches = {{"main", 1, {"bob"}}};
    publish(into, own);
    const auto chain = into.key_sets().chain();
    const auto adopted = mirror(into, {server.url()}, {.keys = sync::RefsQuestion::Keys::own});
    EXPECT_THAT(reasons(adopted), ElementsAre(HasSubstr("1 of bob needed")));
    EXPECT_THAT(adopted.branches, ElementsAre("work"));
    EXPECT_EQ(into.key_sets().chain(), chain);
    EXPECT_EQ(into.statements().find("work"), std::nullopt);
}

TEST_F(Adopting, tells_of_a_statement_that_no_server_has_signed_and_does_the_rest) {
    publish(writable_origin(), keys_);
    const auto commit = commit_signed(1);
    const trust::HeadStatement forged{
        .repository = keys_.repository,
        .keys = sha256(as_bytes(trust::encode(keys_))),
        .branch = "main",
        .commit = commit,
        .sequence = 1,
        .time = 2000,
        .expires = 9000};
    store::put_statement(
        *writable_origin().state()->lock(),
        {"main", commit, 1},
        encode(trust::signed_by(trust::encode(forged), {alice_}, trust::head_namespace))
    );
    const auto server = serve();
    auto into = target();
    const auto adopted = mirror(into, {server.url()});
    EXPECT_THAT(reasons(adopted), ElementsAre(HasSubstr("signed by no key of the server")));
    EXPECT_EQ(into.branches().find("main")->commit, commit);
    EXPECT_EQ(into.statements().find("main"), std::nullopt);
}

TEST_F(Adopting, passes_over_a_server_that_shows_an_older_state) {
    publish(writable_origin(), keys_);
    commit_signed(1);
    const auto old_root = origin_.scratch() / "old";
    std::filesystem::copy(origin_.root(), old_root, std::filesystem::copy_options::recursive);
    const auto second = commit_signed(2);
    const auto old_server = serve(old_root);
    const auto server = serve();
    auto into = target();
    mirror(into, {server.url()});
    const auto third = commit_signed(3);
    EXPECT_THAT(reasons(mirror(into, {old_server.url(), server.url()})), IsEmpty());
    EXPECT_EQ(into.branches().find("main")->commit, third);
    EXPECT_THAT(
        *notices_.texts.lock(),
        Contains(HasSubstr(old_server.url().text() + ": branch 'main' has moved 1 times there"))
    );
    // If all of them are behind, nothing goes back.
    EXPECT_THAT(
        reasons(mirror(into, {old_server.url()})),
        Contains(HasSubstr("branch 'main' has moves here that it has not there"))
    );
    EXPECT_EQ(into.branches().find("main")->commit, third);
    EXPECT_NE(second, third);
}

TEST_F(Adopting, ends_a_history_only_where_the_rest_is_absent) {
    const auto first = origin_.commit_tree("main", 1);
    const auto second = origin_.commit_tree("main", 2);
    const auto full = serve();
    const auto shallow_root = origin_.scratch() / "shallow";
    std::filesystem::copy(origin_.root(), shallow_root, std::filesystem::copy_options::recursive);
    store::Repository(shallow_root, store::Access::read_write).shallow().change({second}, {});
    const auto cut = serve(shallow_root);
    auto into = target();
    mirror(into, {full.url()});
    mirror(into, {cut.url()});
    EXPECT_THAT(into.shallow().commits(), IsEmpty()) << "all of it is here";
    into.shallow().change({second}, {});
    mirror(into, {full.url()});
    EXPECT_THAT(into.shallow().commits(), IsEmpty()) << "the rest has come";
    EXPECT_TRUE(into.index().find(first));
}

} // namespace
} // namespace slipway::server
