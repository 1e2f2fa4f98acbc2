#include "store/gc/whole.h"

#include <fmt/format.h>

#include "base/error.h"
#include "store/completeness.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::store {

namespace {

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
    auto known = known_commits(repository);
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
