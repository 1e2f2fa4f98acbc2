#include "server/api/receiving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/test_repository.h"
#include "store/assembly.h"
#include "store/fsck.h"
#include "sync/push.h"
#include "sync/signatures.h"
#include "trust/approval.h"
#include "trust/key_chain_test.h"

namespace slipway::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void move_plainly(const store::Repository& repository, const sync::BranchUpdate& update) {
    repository.branches().move(update.branch, update.from, update.to, {1, "test", update.reason});
}

class Received : public testing::Test {
protected:
    Received()
        : commit(sender.commit_tree("main", 2)), from(sender.open()), into(make_target()),
          resources(into, sender.scratch() / "cache"), receiving(into, move_plainly),
          server([this](const net::Request& request) {
              return request.path.starts_with("/v1/receive/") ? receiving.answer(request)
                                                              : resources.answer(request);
          }) {}

    store::Repository make_target() const {
        store::create_repository(sender.scratch() / "target");
        return {sender.scratch() / "target", store::Access::read_write};
    }

    sync::Receiver receiver() const { return sync::Receiver(net::Client(server.url())); }

    sync::PushTotals push(const Digest& tip) {
        auto other = receiver();
        return push_objects(from, other, {tip}, sync::PushMode::real, silent_reporter());
    }

    static sync::Update
    update_of(std::optional<Digest> before, const Digest& to, sync::BranchUpdate::Way way = {}) {
        return {.branches = {{"main", before, to, way, "push"}}};
    }

    /// What the receiver says to an update that it refuses.
    std::string refusal(const sync::Update& update) {
        try {
            receiver().update(update);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::refused);
            return error.what();
        }
        return "not refused";
    }

    /// A signature of a commit of the sender's.
    Buffer sign(const Digest& id, const trust::SigningKey& key) const {
        return key.sign(read_all(*from.open(id), tree::largest_commit), trust::commit_namespace);
    }

    TestRepository sender;
    Digest commit;
    store::Repository from;
    store::Repository into;
    Resources resources;
    Receiving receiving;
    TestServer server;
};

TEST_F(Received, has_all_of_what_was_pushed) {
    push(commit);
    receiver().update(update_of({}, commit));
    EXPECT_EQ(into.branches().find("main")->commit, commit);
    EXPECT_EQ(read_everything(into, sender.tree), read_everything(from, sender.tree));
    EXPECT_THAT(store::check(into, silent_reporter()).problems, IsEmpty());
}

TEST_F(Received, is_sent_only_what_it_lacks) {
    push(commit);
    receiver().update(update_of({}, commit));
    const auto next = sender.commit_tree("main", 3);
    const auto totals = push(next);
    EXPECT_EQ(totals.commits, 1U);
    EXPECT_LT(totals.objects, 40U);
    EXPECT_LT(totals.requests, 10U);
    receiver().update(update_of(commit, next));
    EXPECT_THAT(store::check(into, silent_reporter()).problems, IsEmpty());
}

TEST_F(Received, may_be_told_of_a_move_again) {
    push(commit);
    receiver().update(update_of({}, commit));
    receiver().update(update_of({}, commit));
    EXPECT_EQ(into.branches().find("main")->sequence, 1);
}

TEST_F(Received, is_sent_again_what_waits_to_be_collected) {
    push(commit);
    std::vector<Digest> all;
    into.index().each([&](const Digest& id, const store::Location&) { all.push_back(id); });
    into.index().condemn(all);
    EXPECT_EQ(receiver().lacking(all), all);
    push(commit);
    EXPECT_TRUE(into.index().holds(commit));
    EXPECT_EQ(into.index().condemned(), 0U);
}

TEST_F(Received, refuses_a_branch_that_leads_to_what_is_not_there) {
    EXPECT_THAT(refusal(update_of({}, commit)), HasSubstr("not complete"));
    auto other = receiver();
    // The commit and its tree, but no payload.
    Buffer pack;

    struct : Sink {
        void write(ConstBytes data) override { out->insert(out->end(), data.begin(), data.end()); }

        void finish() override {}

        Buffer* out = nullptr;
    } sink;

    sink.out = &pack;
    store::write_pack_of(from, {commit, sender.tree}, sink);
    other.send_pack(pack);
    EXPECT_THAT(refusal(update_of({}, commit)), HasSubstr("not complete"));
    EXPECT_THAT(into.branches().list(), IsEmpty());
}

TEST_F(Received, refuses_a_damaged_pack_and_keeps_nothing_of_it) {
    Buffer pack(5000, std::byte{7});
    EXPECT_THROW(receiver().send_pack(pack), Error);
    for (const auto& file : sender.packs()) {
        pack = read_file(file);
        pack[100] ^= std::byte{1};
        EXPECT_THROW(receiver().send_pack(pack), Error);
    }
    EXPECT_EQ(into.index().size(), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(into.paths().cache() / "incoming"));
}

TEST_F(Received, refuses_a_move_from_elsewhere_or_one_that_loses_commits) {
    push(commit);
    receiver().update(update_of({}, commit));
    const auto unrelated = sender.commit_tree("other", 1, 90);
    push(unrelated);
    EXPECT_THAT(refusal(update_of({}, unrelated)), HasSubstr("moved meanwhile"));
    EXPECT_THAT(refusal(update_of(commit, unrelated)), HasSubstr("has commits"));
    receiver().update(update_of(commit, unrelated, sync::BranchUpdate::Way::any));
    EXPECT_EQ(into.branches().find("main")->commit, unrelated);
}

TEST_F(Received, carries_out_an_update_whole_or_not_at_all) {
    push(commit);
    auto update = update_of({}, commit);
    update.tags = {{"v1", commit, 1, "test"}, {"v2", sha256(as_bytes("absent")), 1, "test"}};
    EXPECT_THAT(refusal(update), HasSubstr("not complete"));
    EXPECT_THAT(into.branches().list(), IsEmpty());
    EXPECT_THAT(into.branches().tags(), IsEmpty());
    update.tags.pop_back();
    receiver().update(update);
    EXPECT_THAT(into.branches().tags(), SizeIs(1));
    update = {.tags = {{"v1", sender.commit_tree("main", 3), 1, "test"}}};
    push(update.tags.front().commit);
    EXPECT_THAT(refusal(update), HasSubstr("is at"));
}

TEST_F(Received, keeps_what_is_a_signature_of_a_commit_that_came) {
    push(commit);
    const auto key = trust::SigningKey::generate();
    const auto good = sign(commit, key);
    auto update = update_of({}, commit);
    const auto of_another = key.sign(as_bytes("another"), trust::commit_namespace);
    update.signatures = {
        {commit, good},
        {commit, to_buffer(as_bytes("none"))},
        {commit, of_another},
        {sha256(as_bytes("absent")), good}};
    receiver().update(update);
    EXPECT_THAT(into.signatures().of(commit), ElementsAre(good));
    EXPECT_THAT(into.signatures().targets(), ElementsAre(commit));
}

TEST_F(Received, keeps_no_flood_of_signatures) {
    push(commit);
    auto update = update_of({}, commit);
    for (std::size_t i = 0; i < sync::most_signatures_of_commit + 3; ++i) {
        update.signatures.push_back({commit, sign(commit, trust::SigningKey::generate())});
    }
    receiver().update(update);
    EXPECT_THAT(into.signatures().of(commit), SizeIs(sync::most_signatures_of_commit));
}

TEST_F(Received, moves_nothing_if_the_keys_forbid_one_of_the_moves) {
    const auto root = trust::SigningKey::generate();
    const auto alice = trust::SigningKey::generate();
    auto keys = trust::first_set({root});
    keys.signers = {"alice " + alice.public_key().line()};
    keys.branches = {{"main", 1, {"alice"}}};
    into.key_sets().add(1, trust::published(keys, {root}));
    push(commit);
    sync::Update update{
        .branches =
            {{"a", {}, commit, sync::BranchUpdate::Way::forward, "push"},
             {"main", {}, commit, sync::BranchUpdate::Way::forward, "push"}},
        .tags = {{"v1", commit, 1, "test"}}};
    EXPECT_THAT(refusal(update), HasSubstr("lacks signatures for branch 'main'"));
    EXPECT_THAT(into.branches().list(), IsEmpty());
    EXPECT_THAT(into.branches().tags(), IsEmpty());
    update.signatures = {{commit, sign(commit, alice)}}; // those that come along count
    receiver().update(update);
    EXPECT_THAT(into.branches().list(), SizeIs(2));
}

TEST_F(Received, refuses_what_is_no_update) {
    net::Client client(server.url());
    for (const auto* path : {"update", "lacking"}) {
        net::ClientRequest request{
            .method = "POST", .path = fmt::format("/v1/receive/{}", path), .body = Buffer(33)};
        EXPECT_EQ(client.send(request, {}).status, 400) << path;
    }
    EXPECT_EQ(client.send({.path = "/v1/receive/update"}, {}).status, 404);
}

} // namespace
} // namespace slipway::server
