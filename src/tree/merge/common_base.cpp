#include "tree/merge/common_base.h"

#include "tree/content.h"
#include "tree/merge_base.h"

namespace slipway::tree {

namespace {

class BaseMerger {
public:
    BaseMerger(const Contents& contents, MergeSink& sink, const MergeOptions& options)
        : contents_(contents), sink_(sink), options_(options) {}

    /// One tree out of those of several commits, one after the other. Nothing: they conflict.
    // NOLINTNEXTLINE(misc-no-recursion): each step goes back to before the merges it looks at.
    std::optional<Digest> merge_all(const std::vector<Digest>& commits) {
        auto tree = tree_of(commits.front());
        std::vector<Digest> merged{commits.front()};
        for (auto next = commits.begin() + 1; next != commits.end(); ++next) {
            const auto bases = merge_bases(contents_, merged, *next);
            const auto base = bases.empty() ? std::nullopt : merge_all(bases);
            if (!bases.empty() && !base) {
                return std::nullopt;
            }
            auto result = merge(contents_, sink_, {base, tree, tree_of(*next)}, options_);
            if (!result.tree) {
                conflicts_ = std::move(result.conflicts);
                return std::nullopt;
            }
            tree = *result.tree;
            merged.push_back(*next);
        }
        return tree;
    }

    std::vector<MergeConflict> take_conflicts() { return std::move(conflicts_); }

private:
    Digest tree_of(const Digest& commit) const { return load_commit(contents_, commit).tree; }

    const Contents& contents_;
    MergeSink& sink_;
    const MergeOptions& options_;
    std::vector<MergeConflict> conflicts_;
};

} // namespace

CommonBase merge_commits(
    const Contents& contents,
    MergeSink& sink,
    const std::vector<Digest>& commits,
    const MergeOptions& options
) {
    CommonBase base{commits, std::nullopt};
    if (!commits.empty()) {
        BaseMerger merger(contents, sink, options);
        base.tree = merger.merge_all(commits);
        base.conflicts = merger.take_conflicts();
    }
    return base;
}

CommonBase find_common_base(
    const Contents& contents,
    MergeSink& sink,
    const Digest& ours,
    const Digest& theirs,
    const MergeOptions& options
) {
    return merge_commits(contents, sink, merge_bases(contents, ours, theirs), options);
}

} // namespace slipway::tree
