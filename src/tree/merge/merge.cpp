#include "tree/merge/merge.h"

#include "tree/merge/alternative_links.h"
#include "tree/merge/build.h"
#include "tree/merge/directory_renames.h"
#include "tree/merge/diversions.h"
#include "tree/merge/ingest_sink.h"
#include "tree/merge/renames.h"
#include "tree/merge/survey.h"

namespace slipway::tree {

namespace {

using merging::Builder;
using merging::DirectoryReader;
using merging::Referee;

/// Names what it is given and keeps nothing.
class NoSink final : public MergeSink {
public:
    Digest add(Kind /*kind*/, Buffer encoded) override { return sha256(encoded); }

    File add_file(Buffer bytes) override { return identify(bytes); }
};

class TreeMerge {
public:
    TreeMerge(
        const Contents& contents,
        MergeSink& sink,
        const MergeTrees& trees,
        const MergeOptions& options
    )
        : renamed_(contents), reader_(renamed_), sink_(sink), options_(options),
          referee_(options), roots_{trees.base, trees.ours, trees.theirs} {}

    MergeResult run() && {
        if (roots_.theirs == roots_.base) {
            return std::move(referee_).finish(roots_.ours);
        }
        const auto ours_adds_nothing = roots_.ours == roots_.base || roots_.ours == roots_.theirs;
        if (ours_adds_nothing && options_.owners.empty()) {
            return std::move(referee_).finish(roots_.theirs);
        }
        auto survey = merging::survey(reader_, roots_, !options_.owners.empty());
        while (merging::rename_directories(reader_, {renamed_, sink_}, roots_, survey, referee_)) {
            survey = merging::survey(reader_, roots_, !options_.owners.empty());
        }
        merging::plan_diversions(reader_, roots_, plan_, referee_);
        merging::plan_renames(reader_, roots_, survey, plan_, referee_);
        merging::plan_alternatives(reader_, roots_, options_, plan_, referee_);
        if (survey.links.empty() || plan_links(survey.links)) {
            Builder builder({reader_, sink_, options_, plan_, referee_}, Builder::Mode::write);
            tree_ = builder.build(roots_);
        }
        referee_.statistics().directories_read = reader_.read_count();
        return std::move(referee_).finish(tree_);
    }

private:
    /// False: conflicts are all there is, and they are gathered.
    bool plan_links(const std::vector<merging::LinkRecord>& records) {
        merging::LinkPlanner planner(records, plan_);
        planner.plan_groups(referee_);
        NoSink nowhere;
        Referee trial(options_);
        Builder builder({reader_, nowhere, options_, plan_, trial}, Builder::Mode::trial);
        builder.build(roots_);
        if (trial.conflicted() || referee_.conflicted()) {
            referee_.absorb(std::move(trial));
            return false;
        }
        planner.plan_ids(reader_, roots_.base, builder.take_survivors(), referee_);
        return !referee_.conflicted();
    }

    StagedObjects renamed_; // what renames of directories write, in front of all else
    DirectoryReader reader_;
    MergeSink& sink_;
    const MergeOptions& options_;
    Referee referee_;
    Triple<std::optional<Digest>> roots_;
    merging::Plan plan_;
    std::optional<Digest> tree_;
};

} // namespace

MergeResult merge(
    const Contents& contents, MergeSink& sink, const MergeTrees& trees, const MergeOptions& options
) {
    return TreeMerge(contents, sink, trees, options).run();
}

} // namespace slipway::tree
