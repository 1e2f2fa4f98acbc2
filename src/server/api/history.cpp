#include "server/api/history.h"

#include <unordered_set>

#include "tree/content.h"

namespace slipway::server {

std::vector<Digest> reachable_commits(const store::Repository& repository) {
    std::vector<Digest> waiting;
    for (const auto& branch : repository.branches().list()) {
        for (const auto& move : repository.branches().reflog(branch.name)) {
            waiting.push_back(move.commit);
        }
    }
    std::vector<Digest> reached;
    std::unordered_set<Digest> seen;
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        if (!seen.insert(id).second) {
            continue;
        }
        reached.push_back(id);
        const auto parents = tree::load_commit(repository, id).parents;
        waiting.insert(waiting.end(), parents.begin(), parents.end());
    }
    return reached;
}

} // namespace slipway::server
