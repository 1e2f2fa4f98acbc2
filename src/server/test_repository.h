// A repository to serve, for tests: made by real ingestion, in a directory of its own.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "net/client.h"
#include "net/server.h"
#include "server/api/resources.h"
#include "store/ingestion.h"
#include "tree/codec.h"

namespace slipway::server {

/// Bytes that do not compress.
inline std::string noise(std::size_t size, std::uint64_t seed) {
    std::string text(size, '\0');
    for (auto& c : text) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        c = static_cast<char>(seed >> 56U);
    }
    return text;
}

class TestRepository {
public:
    TestRepository() { store::create_repository(root()); }

    std::filesystem::path root() const { return directory_.path() / "repo"; }

    std::filesystem::path scratch() const { return directory_.path(); }

    store::Repository open() const { return {root(), store::Access::read_only}; }

    /// Commits a tree of kernel modules, much alike, as the first of a branch: packed anew they get
    /// a dictionary.
    Digest commit_modules(std::string_view branch) {
        store::Repository repository(root(), store::Access::read_write);
        store::Ingestion ingestion(repository, {});
        const auto shared = noise(30'000, 7);
        tree::Directory directory;
        for (std::uint64_t i = 100; i < 180; ++i) {
            directory.entries.push_back(
                add_file(ingestion, fmt::format("{}.ko", i), shared + noise(10'000, i))
            );
        }
        tree = ingestion.add_object(tree::Kind::directory, tree::encode(directory));
        for (const auto* name : {"modules", "lib"}) {
            tree::Directory outer;
            outer.entries.push_back({name, tree::Subdirectory{tree}, {}, std::nullopt});
            tree = ingestion.add_object(tree::Kind::directory, tree::encode(outer));
        }
        tree::Commit commit;
        commit.tree = tree;
        const auto id = ingestion.add_object(tree::Kind::commit, tree::encode(commit));
        ingestion.finish();
        repository.branches().move(branch, std::nullopt, id, {1, "test", "test"});
        return id;
    }

    /// Commits a tree of `directories` directories, each with 20 small files, two of them alike,
    /// and one of a few chunks, on a branch.
    Digest commit_tree(std::string_view branch, std::size_t directories, std::uint64_t seed = 1) {
        store::Repository repository(root(), store::Access::read_write);
        store::Ingestion ingestion(repository, {});
        tree::Directory top;
        for (std::size_t i = 0; i < directories; ++i) {
            const auto below = add_directory(ingestion, seed + 1000 * i);
            top.entries.push_back(
                {fmt::format("dir{:03}", i), tree::Subdirectory{below}, {}, std::nullopt}
            );
        }
        tree = ingestion.add_object(tree::Kind::directory, tree::encode(top));
        const auto before = repository.branches().find(branch);
        const auto parent = before ? std::optional(before->commit) : std::nullopt;
        tree::Commit commit;
        commit.tree = tree;
        if (parent) {
            commit.parents = {*parent};
        }
        commit.author = "test";
        commit.message = fmt::format("tree {}", seed);
        const auto id = ingestion.add_object(tree::Kind::commit, tree::encode(commit));
        ingestion.finish();
        repository.branches().move(branch, parent, id, {1, "test", "test"});
        return id;
    }

    std::vector<std::filesystem::path> packs() const {
        std::vector<std::filesystem::path> found;
        for (const auto& file : std::filesystem::directory_iterator(root() / "packs")) {
            found.push_back(file.path());
        }
        return found;
    }

    Digest tree; ///< of the last commit

private:
    static tree::Entry
    add_file(store::Ingestion& ingestion, const std::string& name, std::string text) {
        tree::File added;
        if (text.size() <= tree::largest_single_chunk) {
            ingestion.add_small(
                text.size(),
                [&] { return to_buffer(as_bytes(text)); },
                [&](const tree::File& file) { added = file; }
            );
        } else {
            ingestion.add_long(
                [&](tree::Ingest::Feed& feed) { feed.data(as_bytes(text)); },
                [&](const tree::File& file) { added = file; }
            );
        }
        ingestion.settle();
        return {name, added, {}, std::nullopt};
    }

    static Digest add_directory(store::Ingestion& ingestion, std::uint64_t seed) {
        tree::Directory directory;
        for (std::uint64_t i = 0; i < 20; ++i) {
            const auto name = fmt::format("file{:02}", i);
            directory.entries.push_back(
                add_file(ingestion, name, noise(3000 + 900 * i, seed + i % 19))
            );
        }
        directory.entries.push_back(add_file(ingestion, "large", noise(1'500'000, seed + 500)));
        return ingestion.add_object(tree::Kind::directory, tree::encode(directory));
    }

    TemporaryDirectory directory_;
};

/// Serves a repository, or whatever the handler gives; can be stopped and started again.
class TestServer {
public:
    explicit TestServer(net::Handler handler) : handler_(std::move(handler)) { start(); }

    /// `cache` keeps what it makes.
    TestServer(const store::Repository& repository, const std::filesystem::path& cache)
        : TestServer([resources = std::make_shared<Resources>(repository, cache)](
                         const net::Request& request
                     ) { return resources->answer(request); }) {}

    void stop() { server_.reset(); }

    void start() {
        server_.emplace(
            net::ServerOptions{
                .port = port_, .threads = 4, .shutdown_grace = std::chrono::milliseconds(0)},
            [this](const net::Request& request) {
                ++(request.path.starts_with("/v1/packs/") ? pack_requests : other_requests);
                return handler_(request);
            }
        );
        port_ = server_->port();
    }

    net::Url url() const { return {.host = "127.0.0.1", .port = port_}; }

    std::atomic<std::size_t> pack_requests = 0;
    std::atomic<std::size_t> other_requests = 0;

private:
    net::Handler handler_;
    std::uint16_t port_ = 0;
    std::optional<net::Server> server_;
};

/// Everything a tree holds, read through `contents`: path and bytes of each file.
std::string read_everything(const Contents& contents, const Digest& tree);

/// Inverts one bit of a file.
void flip_bit(const std::filesystem::path& file, std::uint64_t offset);

} // namespace slipway::server
