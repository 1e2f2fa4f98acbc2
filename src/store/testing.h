// What the tests of this folder share: a repository with a commit or two, and what spoils it.
#pragma once

#include "store/ingestion.h"
#include "store/repository.h"
#include "tree/codec.h"

namespace slipway::store {

/// A repository in a directory of its own.
struct Fixture {
    TemporaryDirectory directory;
    std::filesystem::path root = directory.path() / "repo";

    Fixture() { create_repository(root); }

    Repository open(Access access = Access::read_write) const { return Repository(root, access); }
};

inline Buffer text_buffer(std::string_view text) {
    return to_buffer(as_bytes(text));
}

/// Makes of the database what the first version had.
inline void make_state_version_1(const Fixture& fixture) {
    Database database(fixture.root / "state.db", Database::Mode::read_write);
    database.run(
        "DROP TABLE tags; DROP TABLE signatures; DROP TABLE statements; DROP TABLE key_sets; "
        "DROP TABLE leases; DROP TABLE shallow; PRAGMA user_version = 1;"
    );
}

/// Adds a small payload and waits for its name.
inline tree::File add(Ingestion& ingestion, std::string_view text) {
    tree::File added;
    ingestion.add_small(
        text.size(),
        [text = std::string(text)] { return text_buffer(text); },
        [&](const tree::File& file) { added = file; }
    );
    ingestion.settle();
    return added;
}

/// Ends the ingestion with a commit of `root` and moves a branch that is not there yet to it.
inline Digest commit_root(
    const Repository& repository,
    Ingestion& ingestion,
    std::string_view branch,
    const tree::Directory& root
) {
    tree::Commit commit;
    commit.tree = ingestion.add_object(Kind::directory, tree::encode(root));
    commit.author = "test";
    commit.message = "a test's";
    const auto id = ingestion.add_object(Kind::commit, tree::encode(commit));
    ingestion.finish();
    repository.branches().move(branch, std::nullopt, id, {1, "test", "test"});
    return id;
}

/// A commit of a tree with one file, on a branch.
inline Digest commit_file(Repository& repository, std::string_view branch, std::string_view text) {
    Ingestion ingestion(repository, {});
    const auto file = add(ingestion, text);
    tree::Directory root;
    root.entries.push_back({.name = "file", .node = file, .attributes = {}, .link = {}});
    return commit_root(repository, ingestion, branch, root);
}

inline std::filesystem::path only_pack(const Fixture& fixture) {
    for (const auto& file : std::filesystem::directory_iterator(fixture.root / "packs")) {
        return file.path();
    }
    return {};
}

/// Forgets every pack.
inline void empty_index(const Fixture& fixture) {
    std::filesystem::remove_all(fixture.root / "index");
    std::filesystem::create_directory(fixture.root / "index");
    const ObjectIndex empty(
        fixture.root / "index", Access::read_write, ObjectIndex::Missing::create
    );
}

inline std::string noise(std::size_t size, unsigned seed) {
    std::string text;
    std::uint64_t state = seed;
    while (text.size() < size) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text += static_cast<char>(state >> 56U);
    }
    return text;
}

} // namespace slipway::store
