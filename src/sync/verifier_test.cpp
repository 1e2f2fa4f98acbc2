#include "sync/verifier.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "store/heads.h"
#include "store/ingestion.h"
#include "tree/codec.h"
#include "trust/key_chain_test.h"

namespace slipway::sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using trust::refusal;

constexpr std::int64_t today = 1'800'000'000;

/// Keeps the notices.
class Notices final : public Reporter {
public:
    void began(const Progress& /*progress*/) override {}

    void advanced(const Progress& /*progress*/) override {}

    void ended(const Progress& /*progress*/) override {}

    void notice(std::string_view text) override { texts.emplace_back(text); }

    void detail(std::string_view /*text*/) override {}

    std::vector<std::string> texts;
};

/// A repository with keys, in which commits on `main` must be signed by alice.
class Verifying : public testing::Test {
protected:
    Verifying() {
        store::create_repository(root());
        replace_file(root() / "server-key", as_bytes(server_.file("server")));
        repository_.emplace(root(), store::Access::read_write);
        keys_.time = today - 1000;
        keys_.signers = {"alice " + alice_.public_key().line()};
        keys_.branches = {{"main", 1, {"alice"}}};
        publish(keys_);
    }

    std::filesystem::path root() const { return directory_.path() / "repo"; }

    void publish(const trust::KeySet& keys) {
        repository_->key_sets().add(
            static_cast<std::int64_t>(keys.sequence), trust::published(keys, {root_key_})
        );
    }

    Digest add_commit(const std::string& message, const std::vector<Digest>& parents = {}) {
        store::Ingestion ingestion(*repository_, {});
        tree::Commit commit;
        commit.tree = ingestion.add_object(tree::Kind::directory, tree::encode(tree::Directory{}));
        commit.parents = parents;
        commit.author = "test";
        commit.time = today - 100;
        commit.message = message;
        const auto id = ingestion.add_object(tree::Kind::commit, tree::encode(commit));
        ingestion.finish();
        return id;
    }

    void sign(const Digest& commit, const trust::SigningKey& key) {
        const auto bytes = read_all(*repository_->open(commit), 1U << 20U);
        repository_->signatures().add(commit, key.sign(bytes, trust::commit_namespace));
    }

    void move(const std::string& branch, const std::optional<Digest>& from, const Digest& to) {
        ASSERT_EQ(
            repository_->branches().move(branch, from, to, {today, "test", "test"}),
            store::MoveResult::moved
        );
    }

    Digest move_main_to_signed(const std::optional<Digest>& from = {}) {
        const auto commit =
            add_commit(from ? "next" : "first", from ? std::vector{*from} : std::vector<Digest>());
        sign(commit, alice_);
        move("main", from, commit);
        return commit;
    }

    /// What a client that pins the first key set gets for a revision.
    Digest resolve(const std::string& revision, std::int64_t clock = today) {
        LocalView view(root());
        Verifier verifier(
            view,
            {.pinned = trust::KeyChain::decode(trust::published(keys_, {root_key_})),
             .seen_directory = directory_.path() / "seen",
             .clock = clock},
            notices_
        );
        return verifier.resolve(revision);
    }

    std::string statement() const { return *repository_->statements().find("main"); }

    /// As a server would that shows what it likes.
    void show_statement(const std::string& statement) {
        store::Database database(root() / "state.db", store::Database::Mode::read_write);
        store::put_statement(database, {"main", {}, 1}, statement);
    }

    TemporaryDirectory directory_;
    trust::SigningKey root_key_ = trust::SigningKey::generate();
    trust::SigningKey server_ = trust::SigningKey::generate();
    trust::SigningKey alice_ = trust::SigningKey::generate();
    trust::KeySet keys_ = trust::first_set({root_key_}, {server_});
    std::optional<store::Repository> repository_;
    Notices notices_;
};

TEST_F(Verifying, GivesWhatIsSignedAndItsAncestors) {
    const auto first = move_main_to_signed();
    const auto second = move_main_to_signed(first);
    EXPECT_EQ(resolve("main"), second);
    EXPECT_EQ(resolve("main~1"), first);
    EXPECT_EQ(resolve(first.hex()), first);
    EXPECT_THAT(notices_.texts, IsEmpty());
}

TEST_F(Verifying, KeepsABranchFromMovingToWhatIsNotSigned) {
    const auto commit = add_commit("unsigned");
    EXPECT_THAT(refusal([&] { move("main", {}, commit); }), HasSubstr("lacks signatures"));
    EXPECT_EQ(repository_->branches().find("main"), std::nullopt);
    sign(commit, trust::SigningKey::generate());
    EXPECT_THAT(refusal([&] { move("main", {}, commit); }), HasSubstr("one does not count"));
    sign(commit, alice_);
    move("main", {}, commit);
    move("elsewhere", {}, add_commit("free"));
}

TEST_F(Verifying, RefusesACommitThatIsNotSignedWhoeverMovedTheBranch) {
    const auto signed_one = move_main_to_signed();
    const auto other = add_commit("other");
    // The server's key is abused: a proper statement of a commit that nobody signed.
    const trust::HeadStatement head{
        .repository = keys_.repository,
        .keys = sha256(as_bytes(trust::encode(keys_))),
        .branch = "main",
        .commit = other,
        .sequence = 9,
        .time = today,
        .expires = today + 1000};
    show_statement(encode(trust::signed_by(trust::encode(head), {server_}, trust::head_namespace)));
    EXPECT_THAT(refusal([&] { resolve("main"); }), HasSubstr("none there"));
    // A signature of another commit does not help it.
    repository_->signatures().add(other, repository_->signatures().of(signed_one).front());
    EXPECT_THAT(refusal([&] { resolve("main"); }), HasSubstr("one does not count"));
}

TEST_F(Verifying, RefusesAnOlderHeadOnceItSawANewerOne) {
    const auto first = move_main_to_signed();
    const auto old = statement();
    const auto second = move_main_to_signed(first);
    EXPECT_EQ(resolve("main"), second);
    show_statement(old);
    EXPECT_EQ(
        refusal([&] { resolve("main"); }),
        "the head statement of 'main' is number 1, but number 2 was seen"
    );
}

TEST_F(Verifying, RefusesABranchWithoutStatement) {
    move_main_to_signed();
    store::Database(root() / "state.db", store::Database::Mode::read_write)
        .run("DELETE FROM statements");
    EXPECT_EQ(
        refusal([&] { resolve("main"); }), "the server has no head statement of branch 'main'"
    );
}

TEST_F(Verifying, RefusesAnExpiredHeadButNotForAClockThatIsBehind) {
    const auto commit = move_main_to_signed();
    EXPECT_THAT(
        refusal([&] { resolve("main", today + trust::head_lifetime_seconds); }),
        HasSubstr("expired")
    );
    EXPECT_EQ(resolve("main", 0), commit);
    EXPECT_THAT(
        notices_.texts,
        ElementsAre("this machine's clock says 1970-01-01T00:00:00Z, but it is "
                    "2027-01-15T08:00:00Z at least")
    );
}

TEST_F(Verifying, FollowsNewKeysAndRefusesWhatTheyRevoke) {
    move_main_to_signed();
    auto next = trust::set_after(keys_);
    next.signers.clear();
    next.revoked = {alice_.public_key()};
    publish(next);
    EXPECT_THAT(refusal([&] { resolve("main"); }), HasSubstr("is revoked"));
    // Who hides the newer set from then on is found out.
    store::Database(root() / "state.db", store::Database::Mode::read_write)
        .run("DELETE FROM key_sets WHERE sequence = 2");
    EXPECT_EQ(
        refusal([&] { resolve("main"); }), "the keys end with key set 1, but key set 2 was seen"
    );
}

TEST_F(Verifying, ForgetsTheHeadsThatAStolenServerKeySignedOnceThatIsGone) { // K21
    const auto commit = move_main_to_signed();
    const trust::HeadStatement far_ahead{
        .repository = keys_.repository,
        .keys = sha256(as_bytes(trust::encode(keys_))),
        .branch = "main",
        .commit = commit,
        .sequence = 1'000'000,
        .time = today + 1'000'000,
        .expires = today + 2'000'000};
    const auto show = [&] {
        show_statement(
            encode(trust::signed_by(trust::encode(far_ahead), {server_}, trust::head_namespace))
        );
    };
    show();
    EXPECT_EQ(resolve("main"), commit);
    const auto key = trust::SigningKey::generate();
    auto next = trust::set_after(keys_);
    next.servers = {key.public_key()};
    next.revoked = {server_.public_key()};
    publish(next);
    EXPECT_THAT(refusal([&] { resolve("main"); }), HasSubstr("signed by no key of the server"));
    store::make_statements(
        repository_->state(), key, {.now = today, .which = store::HeadOptions::Which::all}
    );
    EXPECT_EQ(resolve("main"), commit);
    show();
    EXPECT_THAT(refusal([&] { resolve("main"); }), HasSubstr("signed by no key of the server"));
}

TEST_F(Verifying, StatementsAreMadeAnewWhenTheyAreDue) {
    move_main_to_signed();
    const auto before = statement();
    const auto& state = repository_->state();
    EXPECT_EQ(store::make_statements(state, server_, {.now = today + 1000}), 0U);
    EXPECT_EQ(statement(), before);
    const auto later = today + trust::head_lifetime_seconds * 2 / 3;
    EXPECT_EQ(store::make_statements(state, server_, {.now = later}), 1U);
    EXPECT_NE(statement(), before);
    EXPECT_THAT(
        refusal([&] { store::make_statements(state, alice_, {.now = later}); }),
        HasSubstr("names no server key")
    );
}

} // namespace
} // namespace slipway::sync
