#include "tree/merge_base.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "tree/content.h"

namespace slipway::tree {

namespace {

/// Commits with their parents.
using Graph = std::unordered_map<Digest, std::vector<Digest>>;

Graph ancestry(const Contents& contents, std::vector<Digest> waiting) {
    Graph graph;
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        const auto [at, is_new] = graph.try_emplace(id);
        if (is_new) {
            at->second = load_commit(contents, id).parents;
            std::erase_if(at->second, [&](const Digest& parent) {
                return contents.open(parent) == nullptr; // the history ends here
            });
            waiting.insert(waiting.end(), at->second.begin(), at->second.end());
        }
    }
    return graph;
}

} // namespace

std::vector<Digest>
merge_bases(const Contents& contents, const Digest& commit, const Digest& other) {
    return merge_bases(contents, std::vector{commit}, other);
}

std::vector<Digest>
merge_bases(const Contents& contents, const std::vector<Digest>& commits, const Digest& other) {
    const auto ours = ancestry(contents, commits);
    const auto theirs = ancestry(contents, {other});
    // Ancestors of what is common are common: the best ones are no parent of a common commit.
    std::unordered_set<Digest> surpassed;
    for (const auto& [id, parents] : ours) {
        if (theirs.contains(id)) {
            surpassed.insert(parents.begin(), parents.end());
        }
    }
    std::vector<Digest> best;
    for (const auto& [id, parents] : ours) {
        if (theirs.contains(id) && !surpassed.contains(id)) {
            best.push_back(id);
        }
    }
    std::sort(best.begin(), best.end());
    return best;
}

Line line_since(const Contents& contents, const Digest& other, const Digest& commit) {
    const auto known = ancestry(contents, {other});
    Line line{commit, {}};
    while (!known.contains(line.fork)) {
        line.commits.push_back(line.fork);
        const auto parents = load_commit(contents, line.fork).parents;
        if (parents.empty() || contents.open(parents.front()) == nullptr) {
            throw Error(Fault::refused, "the two have no commit in common")
                .hint("`slipway cherry-pick` takes single changes over");
        }
        line.fork = parents.front();
    }
    std::reverse(line.commits.begin(), line.commits.end());
    return line;
}

} // namespace slipway::tree
