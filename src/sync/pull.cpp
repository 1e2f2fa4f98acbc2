#include "sync/pull.h"

#include <optional>

#include <fmt/format.h>

#include "store/completeness.h"
#include "store/ingestion.h"
#include "sync/chunk_pull.h"
#include "sync/overlay.h"
#include "tree/content.h"
#include "tree/needs.h"

namespace slipway::sync {

namespace {

using tree::Needs;

constexpr std::uint64_t overlay_limit_bytes = 64ULL << 20U;

/// Where what is lacking goes; of a dry run nowhere.
struct Receivers {
    store::Ingestion* ingestion = nullptr;
    ChunkPull* chunks = nullptr;
};

class TreePull {
public:
    TreePull(Peer& peer, const store::Repository& repository, Receivers receivers)
        : peer_(peer), repository_(repository), receivers_(receivers), overlay_(repository),
          needs_(overlay_, [this](const tree::Need& need) { return take(need); }) {}

    PullTotals run(const CommitPlan& plan, Reporter& reporter) {
        Task task(reporter, "fetching commits", Unit::items, plan.commits.size());
        for (const auto& [id, commit, encoded] : plan.commits) {
            add_tree(commit, plan.known);
            if (!repository_.index().holds(id)) {
                ++totals_.objects;
                if (receivers_.ingestion != nullptr) {
                    receivers_.ingestion->add_object(tree::Kind::commit, encoded);
                }
            }
            done_.emplace(id, commit.tree);
            ++totals_.commits;
            make_room();
            task.advance(1);
        }
        return totals_;
    }

private:
    void add_tree(const tree::Commit& commit, const std::unordered_set<Digest>& known) {
        tree_ = commit.tree;
        const auto base = base_of(commit, known);
        if (!has_directories(commit.tree, base)) {
            peer_.tree(
                commit.tree,
                base,
                [&](tree::Kind kind, const Digest& id, Buffer object) {
                    if (kind != tree::Kind::chunk) {
                        overlay_.add(id, std::move(object));
                    }
                },
                [&] {
                    if (!has_directories(commit.tree, base)) {
                        throw Error(
                            Fault::not_found,
                            fmt::format("directories of tree {} are missing", commit.tree.hex())
                        );
                    }
                }
            );
        }
        needs_.add(commit.tree, base);
    }

    /// A tree that is whole here, much like that of the commit.
    std::optional<Digest>
    base_of(const tree::Commit& commit, const std::unordered_set<Digest>& known) const {
        for (const auto& parent : commit.parents) {
            if (const auto done = done_.find(parent); done != done_.end()) {
                return done->second;
            }
            if (known.contains(parent)) {
                return tree::load_commit(repository_, parent).tree;
            }
        }
        return std::nullopt;
    }

    /// Whether the directories and chunk lists of a tree beyond its base are here.
    bool has_directories(const Digest& tree, const std::optional<Digest>& base) const {
        bool has_all = true;
        Needs probe(overlay_, [&](const tree::Need& need) {
            const auto here = need.kind == tree::Kind::chunk || overlay_.find(need.id) ||
                              repository_.index().holds(need.id);
            has_all = has_all && here;
            return has_all ? Needs::Descend::yes : Needs::Descend::no;
        });
        probe.add(tree, base);
        return has_all;
    }

    Needs::Descend take(const tree::Need& need) {
        if (repository_.index().holds(need.id)) {
            return Needs::Descend::yes;
        }
        ++totals_.objects;
        if (need.kind == tree::Kind::chunk) {
            totals_.payload_bytes += need.length;
            if (receivers_.chunks != nullptr) {
                receivers_.chunks->add({need.id, need.length, tree_});
            }
        } else if (receivers_.ingestion != nullptr) {
            receivers_.ingestion->add_object(need.kind, *overlay_.find(need.id));
        }
        return Needs::Descend::yes;
    }

    /// What is packed can be read there.
    void make_room() {
        if (receivers_.ingestion != nullptr && overlay_.bytes() > overlay_limit_bytes) {
            receivers_.ingestion->flush();
            overlay_.clear();
        }
    }

    Peer& peer_;
    const store::Repository& repository_;
    const Receivers receivers_;
    Overlay overlay_;
    Needs needs_;
    std::unordered_map<Digest, Digest> done_; // commits whose trees were added, and these
    Digest tree_;
    PullTotals totals_;
};

} // namespace

PullTotals
pull(Peer& peer, store::Repository& repository, const CommitPlan& plan, Reporter& reporter) {
    store::Ingestion ingestion(repository, {});
    PullTotals totals;
    {
        ChunkPull chunks(peer, repository, ingestion, reporter);
        totals = TreePull(peer, repository, {&ingestion, &chunks}).run(plan, reporter);
        chunks.finish();
    }
    ingestion.finish();
    store::CompletenessQuestion question{.known = plan.known};
    for (const auto& commit : plan.commits) {
        question.commits.push_back(commit.id);
    }
    question.shallow = repository.shallow().commits();
    question.shallow.insert(plan.new_ends.begin(), plan.new_ends.end());
    for (const auto& end : plan.old_ends) {
        question.shallow.erase(end);
    }
    check_complete(repository, std::move(question));
    return totals;
}

PullTotals plan_pull(
    Peer& peer, const store::Repository& repository, const CommitPlan& plan, Reporter& reporter
) {
    return TreePull(peer, repository, {}).run(plan, reporter);
}

} // namespace slipway::sync
