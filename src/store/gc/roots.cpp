#include "store/gc/roots.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "tree/content.h"

namespace slipway::store {

namespace {

/// Tells of commits whether they come from a certain one.
class Descent {
public:
    Descent(const Repository& repository, const Digest& ancestor)
        : repository_(repository), shallow_(repository.shallow().commits()) {
        known_.emplace(ancestor, true);
    }

    bool comes_from(const Digest& commit) {
        std::vector<Digest> path{commit};
        while (!path.empty()) {
            const auto id = path.back();
            if (known_.contains(id)) {
                path.pop_back();
                continue;
            }
            const auto& parents = parents_of(id);
            const auto unknown = std::find_if(parents.begin(), parents.end(), [&](const auto& at) {
                return !known_.contains(at);
            });
            if (unknown != parents.end()) {
                path.push_back(*unknown);
                continue;
            }
            known_[id] = std::any_of(parents.begin(), parents.end(), [&](const auto& at) {
                return known_.at(at);
            });
            path.pop_back();
        }
        return known_.at(commit);
    }

private:
    const std::vector<Digest>& parents_of(const Digest& id) {
        if (shallow_.contains(id)) {
            return none_;
        }
        const auto found = parents_.find(id);
        return found != parents_.end()
                   ? found->second
                   : parents_.emplace(id, tree::load_commit(repository_, id).parents).first->second;
    }

    const Repository& repository_;
    const std::unordered_set<Digest> shallow_;
    const std::vector<Digest> none_;
    std::unordered_map<Digest, bool> known_;
    std::unordered_map<Digest, std::vector<Digest>> parents_;
};

} // namespace

std::vector<NamedMove> old_moves(
    const std::vector<Branch>& branches, const std::vector<NamedMove>& moves, std::int64_t since
) {
    std::set<std::string> there;
    for (const auto& branch : branches) {
        there.insert(branch.name);
    }
    std::vector<NamedMove> old;
    for (std::size_t i = 0; i < moves.size(); ++i) {
        const auto is_last = i + 1 == moves.size() || moves[i + 1].branch != moves[i].branch;
        const auto left = is_last ? moves[i].move.time : moves[i + 1].move.time;
        if (left <= since && !(is_last && there.contains(moves[i].branch))) {
            old.push_back(moves[i]);
        }
    }
    return old;
}

std::vector<Root> find_roots(const Repository& repository, std::int64_t since, std::int64_t now) {
    std::vector<Root> roots;
    // The moves first: a branch that moves meanwhile is at the one or at the other.
    const auto moves = repository.branches().reflogs();
    const auto branches = repository.branches().list();
    for (const auto& branch : branches) {
        roots.push_back({branch.commit, "branch " + branch.name});
    }
    std::set<std::pair<std::string, std::int64_t>> left_out;
    for (const auto& [branch, move] : old_moves(branches, moves, since)) {
        left_out.emplace(branch, move.sequence);
    }
    for (const auto& [branch, move] : moves) {
        if (!left_out.contains({branch, move.sequence})) {
            roots.push_back(
                {move.commit, fmt::format("move {} of branch {}", move.sequence, branch)}
            );
        }
    }
    for (const auto& tag : repository.branches().tags()) {
        roots.push_back({tag.commit, "tag " + tag.name});
    }
    for (const auto& lease : repository.leases().list()) {
        // One of something that is not here keeps nothing: it must not stop the collection.
        if (lease.until > now && repository.index().find(lease.commit)) {
            roots.push_back({lease.commit, "lease of " + lease.holder, lease.until});
        }
    }
    for (const auto& id : read_leases(repository.paths())) {
        if (!repository.index().find(id)) {
            continue;
        }
        roots.push_back({id, "a process on this machine that reads its tree"});
    }
    return roots;
}

std::vector<Digest> ids_of(const std::vector<Root>& roots) {
    std::set<Digest> ids;
    for (const auto& root : roots) {
        ids.insert(root.id);
    }
    return {ids.begin(), ids.end()};
}

std::vector<Root>
keepers(const Repository& repository, const std::vector<Root>& roots, const Digest& commit) {
    Descent descent(repository, commit);
    const auto tree = tree::load_commit(repository, commit).tree;
    std::vector<Root> found;
    for (const auto& root : roots) {
        const auto location = repository.index().find(root.id);
        const auto keeps = location && location->kind == Kind::commit ? descent.comes_from(root.id)
                                                                      : root.id == tree;
        if (keeps) {
            found.push_back(root);
        }
    }
    return found;
}

} // namespace slipway::store
