#include "sync/commit_plan.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "store/completeness.h"
#include "tree/ancestry.h"
#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::sync {

namespace {

constexpr std::size_t most_single_requests = 8;

/// Walks back from the tips, generation by generation.
class Planner {
public:
    Planner(const store::Repository& repository, CommitSource& source, const Depth& depth)
        : source_(source), depth_(depth), shallow_(repository.shallow().commits()) {
        plan_.known = store::known_commits(repository);
    }

    CommitPlan run(const std::vector<Digest>& tips) {
        for (const auto& tip : tips) {
            waiting_.push_back({tip, 1});
        }
        while (!waiting_.empty()) {
            const auto [id, generation] = waiting_.front();
            waiting_.pop_front();
            if (seen_.insert(id).second) {
                visit(id, generation);
            }
        }
        std::reverse(plan_.commits.begin(), plan_.commits.end());
        return std::move(plan_);
    }

private:
    struct Waiting {
        Digest id;
        std::uint64_t generation = 0;
    };

    void visit(const Digest& id, std::uint64_t generation) {
        const auto is_known = plan_.known.contains(id);
        if (is_known && !depth_.generations) {
            return;
        }
        const auto& commit = source_.get(id);
        if (!is_known) {
            plan_.commits.push_back(commit);
        }
        const auto& parents = commit.commit.parents;
        const auto is_end = (depth_.generations && generation >= *depth_.generations) ||
                            (!parents.empty() && source_.ends_of_peer().contains(id));
        if (is_end) {
            const auto knows = [&](const Digest& parent) { return plan_.known.contains(parent); };
            if (!is_known && !std::all_of(parents.begin(), parents.end(), knows)) {
                plan_.new_ends.push_back(id);
            }
            return;
        }
        if (shallow_.contains(id)) {
            plan_.old_ends.push_back(id);
        }
        for (const auto& parent : parents) {
            waiting_.push_back({parent, generation + 1});
        }
    }

    CommitSource& source_;
    const Depth depth_;
    const std::unordered_set<Digest> shallow_;
    std::deque<Waiting> waiting_;
    std::unordered_set<Digest> seen_;
    CommitPlan plan_;
};

} // namespace

const FetchedCommit& CommitSource::keep(const Digest& id, Buffer encoded) {
    auto commit = tree::decode_commit(encoded);
    return commits_.try_emplace(id, FetchedCommit{id, std::move(commit), std::move(encoded)})
        .first->second;
}

const FetchedCommit& CommitSource::get(const Digest& id) {
    if (const auto found = commits_.find(id); found != commits_.end()) {
        return found->second;
    }
    if (const auto local = repository_.open(id)) {
        return keep(id, read_all(*local, tree::largest_commit));
    }
    if (++asked_ == most_single_requests) {
        peer_.history([&](tree::Kind kind, const Digest& commit, Buffer object) {
            if (kind == tree::Kind::commit && object.size() <= tree::largest_commit) {
                keep(commit, std::move(object));
            }
        });
        if (const auto found = commits_.find(id); found != commits_.end()) {
            return found->second;
        }
    }
    auto fetched = peer_.commit(id);
    if (!fetched) {
        throw Error(Fault::not_found, fmt::format("commit {} is not there", id.hex()))
            .hint("run `slipway fsck` there");
    }
    return keep(id, *std::move(fetched));
}

const std::unordered_set<Digest>& CommitSource::ends_of_peer() {
    if (!ends_) {
        const auto ends = peer_.shallow();
        ends_.emplace(ends.begin(), ends.end());
    }
    return *ends_;
}

bool CommitSource::is_ancestor(const Digest& ancestor, const Digest& commit) {
    return tree::is_ancestor(ancestor, commit, [&](const Digest& id) {
        return ends_of_peer().contains(id) ? std::vector<Digest>() : get(id).commit.parents;
    });
}

CommitPlan plan_commits(
    const store::Repository& repository,
    CommitSource& source,
    const std::vector<Digest>& tips,
    const Depth& depth
) {
    return Planner(repository, source, depth).run(tips);
}

} // namespace slipway::sync
