#include "server/api/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/client.h"
#include "server/test_repository.h"
#include "sync/bundle.h"
#include "sync/places.h"
#include "sync/records.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::server {
namespace {

using testing::SizeIs;
using testing::UnorderedElementsAreArray;

class Served : public testing::Test {
protected:
    Served()
        : first(made.commit_tree("main", 2)), first_tree(made.tree),
          second(made.commit_tree("main", 3)), second_tree(made.tree), repository(made.open()),
          server(repository, made.scratch() / "cache"), client(server.url()) {}

    struct Answer {
        int status = 0;
        net::Fields fields;
        Buffer body;
    };

    Answer ask(const net::ClientRequest& request) {
        Answer answer;
        const auto response = client.send(request, [&](ConstBytes piece) {
            answer.body.insert(answer.body.end(), piece.begin(), piece.end());
        });
        answer.status = response.status;
        answer.fields = response.fields;
        return answer;
    }

    Answer get(const std::string& path) { return ask({.path = path}); }

    Answer post(Buffer ids) {
        return ask({.method = "POST", .path = "/v1/objects", .body = std::move(ids)});
    }

    static std::vector<Digest> ids_in(ConstBytes bundle) {
        std::vector<Digest> ids;
        MemorySource source(bundle);
        sync::read_bundle(source, 1U << 30U, [&](tree::Kind, const Digest& id, const Buffer&) {
            ids.push_back(id);
        });
        return ids;
    }

    static std::vector<Digest> ids_of(const std::vector<tree::ObjectRef>& objects) {
        std::vector<Digest> ids;
        for (const auto& object : objects) {
            ids.push_back(object.id);
        }
        return ids;
    }

    TestRepository made;
    Digest first;
    Digest first_tree;
    Digest second;
    Digest second_tree;
    store::Repository repository;
    TestServer server;
    net::Client client;
};

TEST_F(Served, branches_and_reflogs_are_lists) {
    const auto branches = sync::decode_branches(as_text(get("/v1/branches").body));
    ASSERT_THAT(branches, SizeIs(1));
    EXPECT_EQ(branches[0].commit, second);
    const auto moves = sync::decode_moves(as_text(get("/v1/reflogs/main").body));
    ASSERT_THAT(moves, SizeIs(2));
    EXPECT_EQ(moves[1].commit, first);
}

TEST_F(Served, history_is_every_commit) {
    EXPECT_THAT(ids_in(get("/v1/history").body), UnorderedElementsAreArray({first, second}));
}

TEST_F(Served, commit_is_its_own_bytes) {
    EXPECT_EQ(sha256(get("/v1/commits/" + first.hex()).body), first);
}

TEST_F(Served, tree_is_its_closure_and_can_be_what_another_lacks) {
    const auto whole = ids_of(tree::closure(repository, second_tree));
    EXPECT_THAT(
        ids_in(get("/v1/trees/" + second_tree.hex()).body), UnorderedElementsAreArray(whole)
    );
    const auto path = "/v1/trees/" + second_tree.hex() + "/from/" + first_tree.hex();
    // The root, and the third directory with its long file.
    EXPECT_THAT(ids_in(get(path).body), SizeIs(3));
}

TEST_F(Served, places_name_every_chunk_by_its_frame) {
    const auto places = sync::decode_places(get("/v1/places/" + first_tree.hex()).body);
    EXPECT_EQ(places, sync::find_places(repository, first_tree));
    std::size_t next = 0;
    tree::for_each_chunk(repository, first_tree, [&](const tree::ChunkRef& chunk) {
        const auto& place = places.chunks.at(next++);
        const auto& frame = places.frames.at(place.frame);
        const auto stored = ask(
            {.path = "/v1/packs/" + store::pack_file_name(places.packs.at(frame.pack)),
             .range = net::ByteRange{frame.place.offset, frame.place.stored_length}}
        );
        EXPECT_EQ(stored.status, 206);
        const auto raw = store::decode_frame(frame.place, stored.body);
        EXPECT_EQ(sha256(ConstBytes(raw).subspan(place.offset, chunk.length)), chunk.id);
    });
    EXPECT_EQ(next, places.chunks.size());
}

TEST_F(Served, what_is_not_there_is_404) {
    const auto zero = Digest().hex();
    for (const auto& path :
         {"/v1/",
          "/v1/nothing",
          "/v1/branches/more",
          "/v1/reflogs/none",
          "/v1/commits/short",
          "/v1/trees/",
          "/v1/packs/x.pack",
          "/v1/packs/..%2Fstate.db",
          "/v1/objects",
          "/"}) {
        EXPECT_GE(get(path).status, 400) << path;
        EXPECT_LT(get(path).status, 500) << path;
    }
    EXPECT_EQ(get("/v1/commits/" + zero).status, 404);
    EXPECT_EQ(get("/v1/trees/" + zero).status, 404);
    EXPECT_EQ(get("/v1/places/" + zero).status, 404);
    EXPECT_EQ(get("/v1/packs/" + zero + ".pack").status, 404);
    EXPECT_EQ(get("/v1/trees/" + first_tree.hex() + "/from/" + zero).status, 404);
    EXPECT_EQ(get("/v1/trees/" + first_tree.hex() + "/before/" + first_tree.hex()).status, 404);
    // An id of another kind of object.
    EXPECT_EQ(get("/v1/commits/" + first_tree.hex()).status, 404);
    EXPECT_EQ(get("/v1/trees/" + first.hex()).status, 404);
}

TEST_F(Served, what_has_not_changed_is_304) {
    for (const auto& path :
         {std::string("/v1/branches"),
          std::string("/v1/reflogs/main"),
          std::string("/v1/history"),
          "/v1/commits/" + first.hex(),
          "/v1/trees/" + first_tree.hex(),
          "/v1/places/" + first_tree.hex(),
          "/v1/packs/" + made.packs()[0].filename().native()}) {
        const auto answer = get(path);
        ASSERT_EQ(answer.status, 200) << path;
        ASSERT_TRUE(answer.fields.contains("ETag")) << path;
        const net::Fields condition{{"If-None-Match", answer.fields.at("ETag")}};
        EXPECT_EQ(ask({.path = path, .fields = condition}).status, 304) << path;
    }
}

TEST_F(Served, branches_change_their_etag_when_one_moves) {
    const auto before = get("/v1/branches").fields.at("ETag");
    const auto history = get("/v1/history").fields.at("ETag");
    made.commit_tree("main", 1, 5);
    EXPECT_NE(get("/v1/branches").fields.at("ETag"), before);
    EXPECT_NE(get("/v1/history").fields.at("ETag"), history);
}

TEST_F(Served, objects_come_by_their_ids_in_one_bundle) {
    Buffer ids;
    std::vector<Digest> wanted = ids_of(tree::closure(repository, first_tree));
    wanted.push_back(first);
    for (const auto& id : wanted) {
        ids.insert(ids.end(), id.view().begin(), id.view().end());
    }
    const auto answer = post(ids);
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(ids_in(answer.body), wanted);
    EXPECT_TRUE(ids_in(post({}).body).empty());
}

TEST_F(Served, objects_have_limits) {
    EXPECT_EQ(post(Buffer(33)).status, 400);
    EXPECT_EQ(post(Buffer(32)).status, 404);
    EXPECT_EQ(post(Buffer(4097 * 32)).status, 400);
    // The same large object over and over is counted every time.
    Digest largest;
    std::uint64_t length = 0;
    tree::for_each_chunk(repository, first_tree, [&](const tree::ChunkRef& chunk) {
        if (chunk.length > length) {
            largest = chunk.id;
            length = chunk.length;
        }
    });
    Buffer many;
    for (std::uint64_t total = 0; total <= 64U << 20U; total += length) {
        many.insert(many.end(), largest.view().begin(), largest.view().end());
    }
    EXPECT_EQ(post(many).status, 400);
}

} // namespace
} // namespace slipway::server
