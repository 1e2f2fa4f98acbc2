// sync's pull, mirror and repair against a real server: they lie here because sync may not know it.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/test_repository.h"
#include "store/completeness.h"
#include "store/fsck.h"
#include "sync/mirror.h"
#include "sync/pull.h"
#include "sync/refs.h"
#include "sync/repair.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::server {
namespace {

using testing::Each;
using testing::Gt;
using testing::IsEmpty;
using testing::ResultOf;
using testing::SizeIs;

class Transfer : public testing::Test {
protected:
    Transfer() : first(origin.commit_tree("main", 3)), repository(origin.open()) {
        store::create_repository(target_root());
    }

    std::filesystem::path target_root() const { return origin.scratch() / "target"; }

    store::Repository target() const { return {target_root(), store::Access::read_write}; }

    net::Handler resources() {
        const auto shared = std::make_shared<Resources>(repository, origin.scratch() / "cache");
        return [shared](const net::Request& request) { return shared->answer(request); };
    }

    /// As from a static server.
    net::Handler without_posts() {
        return [answer = resources()](const net::Request& request) {
            return request.method == "POST" ? net::text_response(405, "no") : answer(request);
        };
    }

    static sync::MirrorOptions options_of(const TestServer& server) {
        return {.servers = {server.url()}};
    }

    static sync::PullTotals pull_tip(
        const TestServer& server,
        store::Repository& into,
        const Digest& tip,
        const sync::Depth& depth = {}
    ) {
        sync::Peer peer(options_of(server), silent_reporter());
        sync::CommitSource source(into, peer);
        const auto plan = plan_commits(into, source, {tip}, depth);
        const auto totals = pull(peer, into, plan, silent_reporter());
        into.shallow().change(plan.new_ends, plan.old_ends);
        const auto before = into.branches().find("main");
        const auto at = before ? std::optional(before->commit) : std::nullopt;
        into.branches().move("main", at, tip, {1, "test", "pull"});
        return totals;
    }

    static void mirror(const TestServer& server, store::Repository& into) {
        sync::Peer peer(options_of(server), silent_reporter());
        const auto refs = read_refs(peer, into, {});
        copy_packs(peer, into, plan_packs(peer, into), silent_reporter());
        check_refs(into, refs);
        for (std::size_t i = 0; i < refs.branches.size(); ++i) {
            into.branches().adopt(refs.branches[i].name, refs.moves[i], {});
        }
    }

    /// Of the tree of the first commit, which comes first.
    Digest first_chunk() const {
        std::optional<Digest> found;
        const auto tree = tree::load_commit(repository, first).tree;
        tree::for_each_chunk(repository, tree, [&](const tree::ChunkRef& chunk) {
            found = found ? found : chunk.id;
        });
        return found.value();
    }

    /// What a question for a pack names.
    static std::vector<Digest> ids_in(ConstBytes body) {
        std::vector<Digest> ids;
        for (; !body.empty(); body = body.subspan(sizeof(Digest))) {
            ids.push_back(Digest::from_bytes(body.first(sizeof(Digest))));
        }
        return ids;
    }

    static std::vector<store::Problem> problems(const store::Repository& of) {
        return store::check(of, silent_reporter()).problems;
    }

    TestRepository origin;
    Digest first;
    store::Repository repository;
};

TEST_F(Transfer, pulls_a_commit_with_all_it_needs) {
    const TestServer server(resources());
    auto into = target();
    const auto totals = pull_tip(server, into, first);
    EXPECT_EQ(totals.commits, 1U);
    EXPECT_EQ(read_everything(into, origin.tree), read_everything(repository, origin.tree));
    EXPECT_THAT(problems(into), IsEmpty());
    EXPECT_EQ(server.pack_requests, 0U);
}

TEST_F(Transfer, pulls_only_what_is_new) {
    const TestServer server(resources());
    auto into = target();
    pull_tip(server, into, first);
    const auto second = origin.commit_tree("main", 4);
    const auto held = into.index().size();
    const auto totals = pull_tip(server, into, second);
    EXPECT_EQ(totals.commits, 1U);
    EXPECT_EQ(totals.objects, repository.index().size() - held);
    EXPECT_THAT(problems(into), IsEmpty());
}

TEST_F(Transfer, pulls_from_a_server_that_takes_no_posts) {
    const TestServer server(without_posts());
    auto into = target();
    pull_tip(server, into, first);
    EXPECT_GT(server.pack_requests, 0U);
    EXPECT_THAT(problems(into), IsEmpty());
    const auto second = origin.commit_tree("main", 4);
    pull_tip(server, into, second);
    EXPECT_THAT(problems(into), IsEmpty());
}

TEST_F(Transfer, ends_a_history_where_it_is_told_and_goes_on_later) {
    const auto second = origin.commit_tree("main", 3, 5);
    const auto third = origin.commit_tree("main", 3, 6);
    const TestServer server(resources());
    auto into = target();
    EXPECT_EQ(pull_tip(server, into, third, {.generations = 2}).commits, 2U);
    EXPECT_TRUE(into.shallow().commits().contains(second));
    EXPECT_FALSE(into.index().find(first));
    EXPECT_THAT(problems(into), IsEmpty());
    EXPECT_EQ(pull_tip(server, into, third, {.generations = sync::whole_history}).commits, 1U);
    EXPECT_THAT(into.shallow().commits(), IsEmpty());
    EXPECT_TRUE(into.index().find(first));
    EXPECT_THAT(problems(into), IsEmpty());
}

TEST_F(Transfer, goes_on_after_it_was_cut_off) {
    // The payload of 33 directories comes in two packs; only the first is given.
    const auto second = origin.commit_tree("main", 30, 100'000);
    std::atomic<bool> is_cut_off = true;
    Guarded<std::vector<Digest>> given;
    const auto start = first_chunk();
    const TestServer server([&, answer = resources()](const net::Request& request) {
        if (request.path == "/v1/pack") {
            const auto ids = ids_in(request.body);
            if (is_cut_off && std::find(ids.begin(), ids.end(), start) == ids.end()) {
                throw Error(Fault::unavailable, "gone");
            }
            const auto all = given.lock();
            all->insert(all->end(), ids.begin(), ids.end());
        }
        return answer(request);
    });
    auto into = target();
    EXPECT_THROW(pull_tip(server, into, second), Error);
    EXPECT_FALSE(into.branches().find("main"));
    const auto kept = std::exchange(*given.lock(), {});
    EXPECT_THAT(kept, SizeIs(Gt(500U)));
    for (const auto& id : kept) {
        EXPECT_TRUE(into.index().holds(id)) << "what has come stays";
    }
    is_cut_off = false;
    pull_tip(server, into, second);
    EXPECT_EQ(into.index().size(), repository.index().size());
    EXPECT_THAT(problems(into), IsEmpty());
    const std::set<Digest> before(kept.begin(), kept.end());
    EXPECT_THAT(*given.lock(), SizeIs(Gt(100U)));
    EXPECT_THAT(*given.lock(), Each(ResultOf([&](auto& id) { return before.count(id); }, 0U)))
        << "nothing is fetched twice";
}

TEST_F(Transfer, refuses_a_bundle_that_lacks_a_directory) {
    const auto other = origin.tree;
    origin.commit_tree("other", 1, 400);
    const auto tip = repository.branches().find("other")->commit;
    const TestServer server([&, answer = resources()](const net::Request& request) {
        auto asked = request;
        if (request.path.starts_with("/v1/trees/")) {
            asked.path = "/v1/trees/" + other.hex();
        }
        return answer(asked);
    });
    auto into = target();
    EXPECT_THROW(pull_tip(server, into, tip), Error);
    EXPECT_FALSE(into.branches().find("main"));
    EXPECT_THAT(problems(into), IsEmpty());
}

TEST_F(Transfer, mirrors_packs_as_they_are) {
    origin.commit_tree("a/b", 2, 50);
    const TestServer server(resources());
    auto into = target();
    mirror(server, into);
    for (const auto& pack : origin.packs()) {
        EXPECT_EQ(read_file(pack), read_file(target_root() / "packs" / pack.filename()));
    }
    EXPECT_EQ(into.branches().reflog("a/b").front().who, "test");
    EXPECT_THAT(problems(into), IsEmpty());
    const auto before = server.pack_requests.load();
    mirror(server, into);
    EXPECT_EQ(server.pack_requests, before) << "nothing is asked for twice";
}

TEST_F(Transfer, does_not_take_a_flipped_bit) {
    const TestServer server(resources());
    for (const auto& pack : origin.packs()) {
        flip_bit(pack, 100);
    }
    auto into = target();
    EXPECT_THROW(mirror(server, into), Error);
    EXPECT_THROW(pull_tip(server, into, first), Error);
    EXPECT_FALSE(into.branches().find("main"));
    EXPECT_THAT(problems(into), IsEmpty());
    EXPECT_EQ(into.index().size(), 0U);
}

TEST_F(Transfer, keeps_its_refs_if_the_server_lists_too_few_packs) {
    const TestServer server([answer = resources()](const net::Request& request) {
        if (request.path == "/v1/pack-list") {
            return net::text_response(200, sync::encode_packs({}));
        }
        return answer(request);
    });
    auto into = target();
    EXPECT_THROW(mirror(server, into), Error);
    EXPECT_FALSE(into.branches().find("main"));
}

TEST_F(Transfer, repairs_what_was_lost) {
    for (const auto* posts : {"with", "without"}) {
        std::filesystem::remove_all(target_root());
        store::create_repository(target_root());
        const TestServer server(posts == std::string("with") ? resources() : without_posts());
        {
            auto into = target();
            mirror(server, into);
        }
        std::filesystem::remove_all(target_root() / "packs");
        std::filesystem::create_directory(target_root() / "packs");
        store::rebuild_index({target_root()}, silent_reporter());
        auto into = target();
        EXPECT_EQ(into.index().size(), 0U);
        const auto totals = sync::repair(into, {options_of(server)}, silent_reporter());
        EXPECT_THAT(totals.lost, IsEmpty()) << posts;
        EXPECT_THAT(problems(into), IsEmpty()) << posts;
    }
}

TEST_F(Transfer, tells_what_no_source_has) {
    const TestServer server(resources());
    auto into = target();
    const auto lost = sha256(as_bytes("lost"));
    into.branches().move("main", std::nullopt, lost, {1, "test", "test"});
    const auto totals = sync::repair(into, {options_of(server)}, silent_reporter());
    ASSERT_THAT(totals.lost, SizeIs(1));
    EXPECT_EQ(totals.lost.front().id, lost);
}

} // namespace
} // namespace slipway::server
