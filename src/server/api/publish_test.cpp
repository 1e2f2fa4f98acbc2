#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/test_repository.h"
#include "sync/remote_view.h"
#include "trust/head_statement.h"
#include "trust/key_chain_test.h"

namespace slipway::server {
namespace {

/// As any static web server does it.
net::Handler static_files(const std::filesystem::path& root) {
    return [root](const net::Request& request) {
        const auto file = root / request.path.substr(1);
        if (!std::filesystem::is_regular_file(file)) {
            return net::text_response(404, "no such file");
        }
        net::Response response;
        response.body = net::FileBody{std::make_shared<const FileBlob>(file)};
        return response;
    };
}

std::unique_ptr<sync::RemoteView> view_of(const TestServer& server) {
    sync::RemoteOptions options;
    options.mirrors.servers = {server.url()};
    return std::make_unique<sync::RemoteView>(std::move(options), silent_reporter());
}

TEST(Publish, makes_files_that_any_web_server_can_serve) {
    TestRepository made;
    const auto first = made.commit_tree("main", 2);
    const auto first_tree = made.tree;
    const auto second = made.commit_tree("main", 3);
    made.commit_tree("site/below", 1, 7);
    const auto repository = made.open();
    store::Repository(made.root(), store::Access::read_write)
        .branches()
        .add_tag({"v1", first, 1, "me"});
    publish(repository, made.scratch() / "public", silent_reporter());

    const TestServer server(static_files(made.scratch() / "public"));
    const auto view = view_of(server);
    EXPECT_EQ(sync::resolve(*view, "main"), second);
    EXPECT_EQ(sync::resolve(*view, "main@{1}"), first);
    EXPECT_EQ(sync::resolve(*view, first.hex().substr(0, 20)), first);
    EXPECT_EQ(view->reflog("site/below").size(), 1U);
    EXPECT_EQ(sync::resolve(*view, "v1"), first);
    EXPECT_EQ(view->tags().size(), 1U);
    view->prepare(first_tree);
    EXPECT_EQ(read_everything(*view, first_tree), read_everything(repository, first_tree));
}

TEST(Publish, and_serving_give_keys_heads_and_signatures) {
    TestRepository made;
    const auto root = trust::SigningKey::generate();
    const auto key = trust::SigningKey::generate();
    const auto keys = trust::first_set({root}, {key});
    replace_file(made.root() / "server-key", as_bytes(key.file("server")));
    {
        const store::Repository writable(made.root(), store::Access::read_write);
        writable.key_sets().add(1, trust::published(keys, {root}));
    }
    const auto commit = made.commit_tree("site/main", 1);
    const auto signature = key.sign(as_bytes("commit"), "slipway-commit");
    const auto repository = made.open();
    store::Repository(made.root(), store::Access::read_write).signatures().add(commit, signature);
    publish(repository, made.scratch() / "public", silent_reporter());

    const TestServer published(static_files(made.scratch() / "public"));
    const TestServer served(repository, made.scratch() / "cache");
    for (const auto* const server : {&published, &served}) {
        const auto view = view_of(*server);
        const auto chain = trust::KeyChain::decode(view->key_chain());
        EXPECT_EQ(chain.newest().keys, keys);
        const auto head = view->head_statement("site/main");
        ASSERT_TRUE(head);
        EXPECT_EQ(trust::check_head(chain, "site/main", *head).commit, commit);
        EXPECT_EQ(view->head_statement("other"), std::nullopt);
        EXPECT_THAT(view->signatures(commit), testing::ElementsAre(signature));
        EXPECT_THAT(view->signatures(made.tree), testing::IsEmpty());
    }
}

TEST(Publish, again_adds_what_is_new) {
    TestRepository made;
    made.commit_tree("main", 1);
    const auto repository = made.open();
    const auto target = made.scratch() / "public";
    publish(repository, target, silent_reporter());
    const auto second = made.commit_tree("main", 2);
    const TestServer server(static_files(target));
    EXPECT_NE(sync::resolve(*view_of(server), "main"), second);
    publish(repository, target, silent_reporter());
    const auto view = view_of(server);
    EXPECT_EQ(sync::resolve(*view, "main"), second);
    view->prepare(made.tree);
    EXPECT_EQ(read_everything(*view, made.tree), read_everything(repository, made.tree));
}

/// When each file was written last.
std::map<std::string, std::filesystem::file_time_type>
times_of(const std::filesystem::path& directory) {
    std::map<std::string, std::filesystem::file_time_type> times;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
        if (file.is_regular_file()) {
            times.emplace(file.path().native(), file.last_write_time());
        }
    }
    return times;
}

TEST(Publish, again_leaves_what_has_not_changed) {
    TestRepository made;
    const auto commit = made.commit_tree("main", 1);
    const auto key = trust::SigningKey::generate();
    const auto sign = [&](const std::string& text) {
        store::Repository(made.root(), store::Access::read_write)
            .signatures()
            .add(commit, key.sign(as_bytes(text), "slipway-commit"));
    };
    sign("one");
    const auto repository = made.open();
    const auto target = made.scratch() / "public";
    publish(repository, target, silent_reporter());
    const auto before = times_of(target);
    publish(repository, target, silent_reporter());
    EXPECT_EQ(times_of(target), before);
    sign("two");
    publish(repository, target, silent_reporter());
    std::vector<std::string> changed;
    for (const auto& [file, time] : times_of(target)) {
        if (before.at(file) != time) {
            changed.push_back(std::filesystem::path(file).filename());
        }
    }
    EXPECT_THAT(changed, testing::UnorderedElementsAre("signature-list", commit.hex()));
}

TEST(Publish, again_forgets_what_is_gone) {
    TestRepository made;
    made.commit_tree("main", 1);
    const auto gone = made.commit_tree("gone", 2, 7);
    const auto key = trust::SigningKey::generate();
    store::Repository writable(made.root(), store::Access::read_write);
    writable.signatures().add(gone, key.sign(as_bytes("gone"), "slipway-commit"));
    const auto target = made.scratch() / "public";
    const auto repository = made.open();
    publish(repository, target, silent_reporter());
    const auto has = [&](const std::string& file) {
        return std::filesystem::exists(target / "v1" / file);
    };
    EXPECT_TRUE(has("signatures/" + gone.hex()) && has("reflogs/gone"));
    writable.branches().remove("gone", gone, {1, "test", "test"});
    publish(repository, target, silent_reporter());
    EXPECT_FALSE(has("signatures/" + gone.hex()));
    EXPECT_FALSE(has("reflogs/gone"));
    EXPECT_TRUE(has("reflogs/main"));
}

TEST(Publish, to_where_nothing_can_be_made_fails_clearly) {
    TestRepository made;
    made.commit_tree("main", 1);
    const auto repository = made.open();
    replace_file(made.scratch() / "file", as_bytes("in the way"));
    EXPECT_THROW(publish(repository, made.scratch() / "file", silent_reporter()), Error);
}

} // namespace
} // namespace slipway::server
