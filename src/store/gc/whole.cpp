#include "store/gc/whole.h"

#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::store {

namespace {

/// The commits that names reach.
std::unordered_set<Digest> named_commits(const Repository& repository) {
    std::vector<Digest> waiting;
    for (const auto& branch : repository.branches().list()) {
        waiting.push_back(branch.commit);
    }
    for (const auto& [branch, move] : repository.branches().reflogs()) {
        waiting.push_back(move.commit);
    }
    for (const auto& tag : repository.branches().tags()) {
        waiting.push_back(tag.commit);
    }
    const auto shallow = repository.shallow().commits();
    std::unordered_set<Digest> named;
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        // What is lost is for fsck to tell.
        if (named.insert(id).second && !shallow.contains(id) && repository.index().find(id)) {
            const auto parents = tree::load_commit(repository, id).parents;
            waiting.insert(waiting.end(), parents.begin(), parents.end());
        }
    }
    return named;
}

void require(const Repository& repository, const Digest& commit, const Digest& object) {
    if (repository.index().holds(object)) {
        return;
    }
    throw Error(
        Fault::not_found,
        fmt::format("commit {} is not whole: {} is gone", commit.hex(), object.hex())
    )
        .hint("nothing names it any more, and it is being collected");
}

} // namespace

void check_whole(const Repository& repository, const Digest& commit) {
    auto known = named_commits(repository);
    const auto shallow = repository.shallow().commits();
    std::vector<Digest> waiting{commit};
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        if (!known.insert(id).second) {
            continue;
        }
        require(repository, commit, id);
        const auto loaded = tree::load_commit(repository, id);
        for (const auto& object : tree::closure(repository, loaded.tree)) {
            require(repository, commit, object.id);
        }
        tree::for_each_chunk(repository, loaded.tree, [&](const tree::ChunkRef& chunk) {
            require(repository, commit, chunk.id);
        });
        if (!shallow.contains(id)) {
            waiting.insert(waiting.end(), loaded.parents.begin(), loaded.parents.end());
        }
    }
}

} // namespace slipway::store
