// sync's remote view against a real server: it lies here because sync may not know the server.
#include "sync/remote_view.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/pipeline.h"
#include "server/test_repository.h"
#include "store/repack.h"
#include "store/retired.h"
#include "sync/places.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::server {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr std::uint64_t flipped_byte = 100; ///< of each pack, in its first frame

class Notices final : public Reporter {
public:
    void began(const Progress& /*progress*/) override {}

    void advanced(const Progress& /*progress*/) override {}

    void ended(const Progress& /*progress*/) override {}

    void notice(std::string_view text) override { texts_.lock()->emplace_back(text); }

    void detail(std::string_view /*text*/) override {}

    std::vector<std::string> texts() { return *texts_.lock(); }

private:
    Guarded<std::vector<std::string>> texts_;
};

class Remote : public testing::Test {
protected:
    Remote() : commit(origin.commit_tree("main", 6)), tree(origin.tree), repository(origin.open()) {
        expected = read_everything(repository, tree);
    }

    /// A view of these servers.
    std::unique_ptr<sync::RemoteView> view_of(
        std::vector<net::Url> servers,
        const sync::FetcherOptions& fetcher = {},
        Reporter& reporter = silent_reporter()
    ) const {
        sync::RemoteOptions options;
        options.mirrors.servers = std::move(servers);
        options.fetcher = fetcher;
        return std::make_unique<sync::RemoteView>(std::move(options), reporter);
    }

    /// A copy of the repository whose packs have a flipped bit in their first frame.
    std::filesystem::path damaged_copy() const {
        const auto copy = origin.scratch() / "damaged";
        std::filesystem::copy(origin.root(), copy, std::filesystem::copy_options::recursive);
        for (const auto& pack : origin.packs()) {
            flip_bit(copy / "packs" / pack.filename(), flipped_byte);
        }
        return copy;
    }

    /// Serves the whole metadata of the origin, but the packs of `root`.
    net::Handler packs_from(const std::filesystem::path& root) const {
        const auto resources =
            std::make_shared<Resources>(repository, origin.scratch() / "cache-b");
        return [resources, root](const net::Request& request) {
            constexpr std::string_view packs = "/v1/packs/";
            if (!request.path.starts_with(packs)) {
                return resources->answer(request);
            }
            net::Response response;
            response.body = net::FileBody{std::make_shared<const FileBlob>(
                root / "packs" / request.path.substr(packs.size())
            )};
            return response;
        };
    }

    TestRepository origin;
    Digest commit;
    Digest tree;
    store::Repository repository;
    std::string expected;
};

TEST_F(Remote, reads_everything_as_the_repository_has_it) {
    const TestServer server(repository, origin.scratch() / "cache");
    const auto view = view_of({server.url()});
    EXPECT_EQ(sync::resolve(*view, "main"), commit);
    EXPECT_EQ(tree::load_commit(*view, commit).tree, tree);
    view->prepare(tree);
    EXPECT_EQ(read_everything(*view, tree), expected);
}

TEST_F(Remote, names_commits_as_the_repository_does) {
    const auto second = origin.commit_tree("main", 1, 77);
    origin.commit_tree("group/main", 1, 78);
    const TestServer server(repository, origin.scratch() / "cache");
    const auto view = view_of({server.url()});
    EXPECT_EQ(sync::resolve(*view, "main"), second);
    EXPECT_EQ(sync::resolve(*view, "main~1"), commit);
    EXPECT_EQ(sync::resolve(*view, "main@{1}"), commit);
    EXPECT_EQ(sync::resolve(*view, commit.hex().substr(0, 16)), commit);
    EXPECT_EQ(sync::resolve(*view, commit.hex()), commit);
    EXPECT_EQ(view->reflog("group/main").size(), 1U);
    EXPECT_EQ(view->branches().size(), 2U);
    EXPECT_EQ(view->open(sha256(as_bytes("no such object"))), nullptr);
    EXPECT_THROW(sync::resolve(*view, tree.hex()), Error);
}

TEST_F(Remote, fetches_all_payload_in_fewer_requests_than_frames) {
    TestServer server(repository, origin.scratch() / "cache");
    const TemporaryDirectory cache;
    sync::FetcherOptions options;
    options.cache_directory = cache.path();
    const auto view = view_of({server.url()}, options);
    view->fetch_all(tree, silent_reporter());
    const auto requests = server.pack_requests.load();
    EXPECT_LE(requests, origin.packs().size() + 1);
    server.stop();
    EXPECT_EQ(read_everything(*view, tree), expected);
}

TEST_F(Remote, fetches_ahead_of_who_reads_in_order) {
    const TestServer server(repository, origin.scratch() / "cache");
    std::size_t frames = 0;
    for (const auto& [number, name] : repository.index().packs()) {
        frames += repository.pack(number)->read_index().size();
    }
    const auto view = view_of({server.url()});
    view->prepare(tree);
    EXPECT_EQ(read_everything(*view, tree), expected);
    EXPECT_LT(server.pack_requests, frames); // how many less is a matter of who is faster
}

TEST_F(Remote, is_read_by_many_threads_at_once) {
    const TestServer server(repository, origin.scratch() / "cache");
    sync::FetcherOptions options;
    options.memory_bytes = 1U << 20U; // less than the tree: frames are fetched again and again
    const auto view = view_of({server.url()}, options);
    view->prepare(tree);
    std::atomic<int> equal = 0;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 4; ++i) {
            readers.emplace_back([&] { equal += read_everything(*view, tree) == expected ? 1 : 0; }
            );
        }
    }
    EXPECT_EQ(equal, 4);
}

TEST_F(Remote, goes_on_when_a_server_that_was_killed_returns) {
    TestServer server(repository, origin.scratch() / "cache");
    Notices notices;
    const auto view = view_of({server.url()}, {}, notices);
    view->prepare(tree);
    view->become_patient();
    server.stop();
    std::string read;
    {
        const std::jthread reader([&] { read = read_everything(*view, tree); });
        while (notices.texts().empty()) { // it has noticed
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        std::this_thread::sleep_for(std::chrono::seconds(2)); // longer than limited patience lasts
        EXPECT_EQ(read, "");
        server.start();
    }
    EXPECT_EQ(read, expected);
}

TEST_F(Remote, ends_in_unavailable_if_patience_is_limited) {
    TestServer server(repository, origin.scratch() / "cache");
    const auto view = view_of({server.url()});
    view->prepare(tree);
    server.stop();
    try {
        read_everything(*view, tree);
        FAIL() << "it was read from nowhere";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable) << error.report();
    }
}

TEST_F(Remote, that_waits_ends_soon_when_it_is_stopped_or_goes) {
    TestServer server(repository, origin.scratch() / "cache");
    Notices notices;
    auto view = view_of({server.url()}, {}, notices);
    view->prepare(tree);
    view->become_patient();
    server.stop();
    auto fault = Fault::internal;
    {
        const std::jthread reader([&] {
            try {
                read_everything(*view, tree);
            } catch (const Error& error) {
                fault = error.fault();
            }
        });
        while (notices.texts().empty()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        view->stop();
    }
    EXPECT_EQ(fault, Fault::unavailable);
    view.reset();
}

TEST_F(Remote, notices_a_flipped_bit_and_fetches_from_the_next_server) {
    const TestServer bad(packs_from(damaged_copy()));
    const TestServer good(repository, origin.scratch() / "cache");
    Notices notices;
    const auto view = view_of({bad.url(), good.url()}, {}, notices);
    view->prepare(tree);
    EXPECT_EQ(read_everything(*view, tree), expected);
    EXPECT_THAT(notices.texts(), Contains(HasSubstr("sent damaged bytes")));
}

TEST_F(Remote, gives_no_wrong_byte_if_only_damage_is_served) {
    const TestServer bad(packs_from(damaged_copy()));
    const auto view = view_of({bad.url()});
    view->prepare(tree);
    std::vector<tree::ChunkRef> chunks;
    tree::for_each_chunk(repository, tree, [&](const tree::ChunkRef& chunk) {
        chunks.push_back(chunk);
    });
    const auto places = sync::find_places(repository, tree);
    // All at once: what travels in one request with the damaged frame must not suffer.
    std::atomic<std::size_t> unreadable = 0;
    parallel_for(chunks.size(), [&](std::size_t i) {
        const auto& frame = places.frames.at(places.chunks.at(i).frame).place;
        const auto is_damaged =
            frame.offset <= flipped_byte && flipped_byte < frame.offset + frame.stored_length;
        try {
            const auto bytes = read_all(*view->open(chunks[i].id), chunks[i].length);
            EXPECT_EQ(sha256(bytes), chunks[i].id);
            EXPECT_FALSE(is_damaged);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
            EXPECT_TRUE(is_damaged);
            ++unreadable;
        }
    });
    EXPECT_GT(unreadable, 0U);
}

TEST_F(Remote, reads_from_its_cache_directory_and_fetches_again_what_is_damaged_there) {
    TestServer server(repository, origin.scratch() / "cache");
    const TemporaryDirectory cache;
    sync::FetcherOptions options;
    options.cache_directory = cache.path();
    view_of({server.url()}, options)->fetch_all(tree, silent_reporter());
    for (const auto& part : std::filesystem::directory_iterator(cache.path())) {
        flip_bit(part.path(), 100);
    }
    const auto before = server.pack_requests.load();
    const auto view = view_of({server.url()}, options);
    view->prepare(tree);
    EXPECT_EQ(read_everything(*view, tree), expected);
    EXPECT_EQ(server.pack_requests, before + 1);
}

TEST_F(Remote, refuses_a_closure_that_lacks_an_object) {
    const auto other = origin.commit_tree("other", 1, 99);
    const auto wrong = tree::load_commit(repository, other).tree.hex();
    const auto resources = std::make_shared<Resources>(repository, origin.scratch() / "cache");
    const TestServer liar([&](const net::Request& request) {
        auto asked = request;
        if (asked.path == "/v1/trees/" + tree.hex()) {
            asked.path = "/v1/trees/" + wrong;
        }
        return resources->answer(asked);
    });
    const TestServer honest(repository, origin.scratch() / "cache");
    try {
        view_of({liar.url()})->prepare(tree);
        FAIL() << "the closure of another tree was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
    }
    const auto view = view_of({liar.url(), honest.url()});
    view->prepare(tree);
    EXPECT_EQ(read_everything(*view, tree), expected);
}

TEST_F(Remote, refuses_the_places_of_another_tree) {
    const auto other = origin.commit_tree("other", 6, 99);
    const auto wrong = tree::load_commit(repository, other).tree.hex();
    const auto resources = std::make_shared<Resources>(repository, origin.scratch() / "cache");
    const TestServer liar([&](const net::Request& request) {
        auto asked = request;
        if (asked.path == "/v1/places/" + tree.hex()) {
            asked.path = "/v1/places/" + wrong;
        }
        return resources->answer(asked);
    });
    try {
        view_of({liar.url()})->prepare(tree);
        FAIL() << "the places of another tree were taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
    }
}

/// Every pack of a repository in a new one, frame by frame in the opposite order.
void repack_all(const std::filesystem::path& root) {
    const store::Repository repository(root, store::Access::read_write);
    std::vector<store::PackContents> old;
    std::vector<store::PackContents> fresh;
    for (const auto& [number, name] : repository.index().packs()) {
        const auto pack = repository.pack(number);
        auto frames = pack->read_index();
        old.push_back({name, frames});
        std::reverse(frames.begin(), frames.end());
        store::PackWriter writer(repository.paths().packs());
        for (const auto& frame : frames) {
            Buffer stored(frame.place.stored_length);
            pack->blob().read_at(frame.place.offset, stored);
            writer.add({frame, stored});
        }
        fresh.push_back(writer.finish());
    }
    store::exchange_packs(repository, old, fresh);
}

TEST_F(Remote, asks_again_for_places_when_packs_are_gone) {
    const TestServer server(repository, origin.scratch() / "cache");
    const auto view = view_of({server.url()});
    view->prepare(tree);
    repack_all(origin.root());
    store::delete_retired(repository, std::chrono::seconds(0));
    EXPECT_EQ(read_everything(*view, tree), expected);
}

TEST_F(Remote, reads_on_from_retired_packs_without_asking_again) {
    const TestServer server(repository, origin.scratch() / "cache");
    const auto view = view_of({server.url()});
    view->prepare(tree);
    repack_all(origin.root());
    const auto before = view->totals().requests;
    EXPECT_EQ(read_everything(*view, tree), expected);
    EXPECT_EQ(view->totals().requests - before, server.pack_requests.load());
}

TEST_F(Remote, fetches_all_although_packs_are_gone) {
    TestServer server(repository, origin.scratch() / "cache");
    const TemporaryDirectory cache;
    sync::FetcherOptions options;
    options.cache_directory = cache.path();
    const auto view = view_of({server.url()}, options);
    view->prepare(tree);
    repack_all(origin.root());
    store::delete_retired(repository, std::chrono::seconds(0));
    view->fetch_all(tree, silent_reporter());
    server.stop();
    EXPECT_EQ(read_everything(*view, tree), expected);
}

TEST_F(Remote, gives_up_if_the_places_name_packs_that_are_not_there) {
    const auto resources = std::make_shared<Resources>(repository, origin.scratch() / "cache");
    const net::Server server({.port = 0, .threads = 2}, [&](const net::Request& request) {
        if (request.path.starts_with("/v1/packs/")) {
            throw Error(Fault::not_found, "no pack");
        }
        return resources->answer(request);
    });
    const auto view = view_of({{.host = "127.0.0.1", .port = server.port()}});
    view->prepare(tree);
    EXPECT_THROW(read_everything(*view, tree), Error);
}

/// The modules of a repository that was packed anew.
class Repacked : public testing::Test {
protected:
    Repacked() {
        origin.commit_modules("main");
        store::repack({origin.root(), store::Access::read_write}, {.level = 5}, silent_reporter());
        expected = read_everything(origin.open(), origin.tree);
    }

    TestRepository origin;
    std::string expected;
};

TEST_F(Repacked, is_read_with_its_dictionary_which_is_fetched_once) {
    const auto repository = origin.open();
    TestServer server(repository, origin.scratch() / "cache");
    const auto places = sync::find_places(repository, origin.tree);
    ASSERT_EQ(places.dictionaries.size(), 1U);
    EXPECT_EQ(sync::decode_places(sync::encode(places)), places);
    std::uint64_t stored = 0;
    for (const auto& frame : places.frames) {
        stored += frame.place.stored_length;
    }
    sync::RemoteOptions options;
    options.mirrors.servers = {server.url()};
    sync::RemoteView view(std::move(options), silent_reporter());
    view.prepare(origin.tree);
    const auto before = view.totals().bytes;
    EXPECT_EQ(read_everything(view, origin.tree), expected);
    EXPECT_LE(view.totals().bytes - before, stored + stored / 10);
}

TEST_F(Repacked, is_fetched_whole_and_then_read_without_a_server) {
    const auto repository = origin.open();
    TestServer server(repository, origin.scratch() / "cache");
    const TemporaryDirectory cache;
    sync::RemoteOptions options;
    options.mirrors.servers = {server.url()};
    options.fetcher.cache_directory = cache.path();
    sync::RemoteView view(std::move(options), silent_reporter());
    view.fetch_all(origin.tree, silent_reporter());
    server.stop();
    EXPECT_EQ(read_everything(view, origin.tree), expected);
}

} // namespace
} // namespace slipway::server
