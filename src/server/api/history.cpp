#include "server/api/history.h"

#include <fmt/format.h>

#include "tree/ancestry.h"
#include "tree/content.h"

namespace slipway::server {

std::vector<BranchHistory> read_branches(const store::Repository& repository) {
    std::vector<BranchHistory> histories;
    for (const auto& branch : repository.branches().list()) {
        // The branch may have moved since: its reflog says where it is, too.
        auto moves = repository.branches().reflog(branch.name);
        const auto& last = moves.front();
        histories.push_back({{branch.name, last.commit, last.sequence}, std::move(moves)});
    }
    return histories;
}

std::vector<Digest> reachable_commits(
    const store::Repository& repository,
    const std::vector<BranchHistory>& branches,
    const std::vector<store::Tag>& tags
) {
    std::vector<Digest> tips;
    for (const auto& history : branches) {
        for (const auto& move : history.moves) {
            tips.push_back(move.commit);
        }
    }
    for (const auto& tag : tags) {
        tips.push_back(tag.commit);
    }
    const auto shallow = repository.shallow().commits();
    return tree::ancestry(tips, [&](const Digest& id) {
        return shallow.contains(id) ? std::vector<Digest>()
                                    : tree::load_commit(repository, id).parents;
    });
}

Buffer read_object(const store::Repository& repository, const Digest& id) {
    const auto blob = repository.open(id);
    if (!blob) {
        throw Error(Fault::corrupt, fmt::format("object {} is missing", id.hex()))
            .hint("run `slipway fsck`");
    }
    return read_all(*blob, tree::largest_object);
}

} // namespace slipway::server
