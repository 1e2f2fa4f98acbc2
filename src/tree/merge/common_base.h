// The tree to compare two commits with: where they parted.
//
// Branches that were merged crosswise parted in several places. Then their best common ancestors
// are merged first, with the base of these, which may have to be made in the same way. What that
// gives has the changes that both have, and is the base.
#pragma once

#include "tree/merge/merge.h"

namespace slipway::tree {

struct CommonBase {
    std::vector<Digest> commits; ///< the best common ancestors; none: unrelated histories
    std::optional<Digest> tree;  ///< nothing: there are none, or they conflict
    std::vector<MergeConflict> conflicts{}; ///< between two of them, or of those before them
};

/// The merge of some commits, which become its base's `commits`. One is itself.
CommonBase merge_commits(
    const Contents& contents,
    MergeSink& sink,
    const std::vector<Digest>& commits,
    const MergeOptions& options
);

/// `contents` holds both histories and what `sink` took. If there is one best common ancestor,
/// nothing is merged and nothing is written.
CommonBase find_common_base(
    const Contents& contents,
    MergeSink& sink,
    const Digest& ours,
    const Digest& theirs,
    const MergeOptions& options
);

} // namespace slipway::tree
