// What merge, cherry-pick, revert and rebase share: merging trees, asking about conflicts, making
// commits of the result, and moving a branch to the last one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/moves.h"
#include "cli/places.h"
#include "tree/merge/common_base.h"
#include "tree/merge/resolutions.h"
#include "tree/merge/staged_objects.h"

namespace slipway::cli {

/// The options of every command that merges.
std::vector<Option> merge_options();

/// A row of merges that ends with one move of one branch. Nothing is written before finish().
class Merging {
public:
    /// `view` outlives it. Throws Fault::not_found if there is no such branch, refused if it is not
    /// where --expect says.
    Merging(const Invocation& invocation, sync::View& view, std::string branch);

    /// The last commit: at first where the branch is.
    const Digest& tip() const { return tip_; }

    /// Commits that were made, and all others.
    const Contents& contents() const { return staged_; }

    tree::Commit load(const Digest& commit) const;

    /// Where tip() and `theirs` parted. Several commits become one tree, if they do not conflict.
    tree::CommonBase common_base(const Digest& theirs);

    /// The merge of some commits, as a commit has it to whom they are parents.
    tree::CommonBase merged(const std::vector<Digest>& commits);

    /// The tree of tip() with the change from `base` to `theirs`, two trees. On a terminal it asks
    /// what to do about conflicts; those that are left are shown, and Fault::refused is thrown.
    Digest merge(const std::optional<Digest>& base, const Digest& theirs);

    /// The next rows go on from `commit`, which exists or was made here.
    void go_to(const Digest& commit) { tip_ = commit; }

    /// Adds a commit and goes to it. Time and the facts about its tree are filled in here.
    void add(tree::Commit commit);

    /// Stores what was made, signs it if --sign says so, and moves the branch to tip(). `reason` is
    /// for the reflog.
    void finish(const std::string& reason);

private:
    tree::MergeOptions options_for(const std::optional<Digest>& base, Digest& theirs);
    tree::OwnerMap
    reassign_ids(const std::optional<Digest>& base, const Digest& ours, Digest& theirs);
    void tell(const tree::MergeResult& result) const;

    const Invocation& invocation_;
    sync::View& view_;
    std::string branch_;
    Digest began_;
    Digest tip_;
    std::vector<Digest> made_; ///< by add()
    tree::MergeRules rules_;
    tree::Resolutions resolutions_;
    tree::StagedObjects staged_;
};

/// Adds the change of `commit` against its parent (which of them: --mainline) to what `merging` is
/// at. False if that changes nothing: it is there already.
bool pick(const Invocation& invocation, Merging& merging, const Digest& commit);

/// The same against a tree, if there is one.
bool pick(
    const Invocation& invocation,
    Merging& merging,
    const Digest& commit,
    const std::optional<Digest>& base
);

/// The option that pick() and revert look at.
Option mainline_option();

/// The parent whose difference to `commit` is the change; nothing for the first commit. Throws
/// Fault::usage if it has several and --mainline does not say which.
std::optional<Digest>
parent_of_change(const Invocation& invocation, const Digest& id, const tree::Commit& commit);

} // namespace slipway::cli
