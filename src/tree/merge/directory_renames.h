// Renames of whole directories: what the other side did beneath one follows it.
//
// A directory is renamed if one side has no directory there any more, but has another that nobody
// else has and that holds everything that was in it, by the same names. Such a rename is done in
// the base and on the other side before they are merged, so that edits, removals and additions
// meet at the new path as they do anywhere. Directories with hard links in them are left alone.
#pragma once

#include "tree/merge/referee.h"
#include "tree/merge/staged_objects.h"
#include "tree/merge/survey.h"

namespace slipway::tree::merging {

/// Where rewritten directories go: to be read in this merge, and into its result.
struct RenameOutput {
    StagedObjects& staged;
    MergeSink& sink;
};

/// Renames what the survey names in `roots`, with a note for each. True if there was anything: the
/// trees must be surveyed anew, and there may be more.
bool rename_directories(
    DirectoryReader& reader,
    RenameOutput output,
    Triple<std::optional<Digest>>& roots,
    const Survey& survey,
    Referee& referee
);

} // namespace slipway::tree::merging
