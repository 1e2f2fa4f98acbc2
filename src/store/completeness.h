// Which commits a repository has, and whether what they need is there.
#pragma once

#include <unordered_set>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"

namespace slipway::store {

/// Every commit that branches, moves (of removed branches too) and tags lead to and that is there.
std::unordered_set<Digest> known_commits(const Repository& repository);

/// An object that is needed and absent.
struct Missing {
    Digest id;
    Kind kind = Kind::chunk;
    Digest commit; ///< whose tree needs it, or itself
};

/// What is asked of find_missing().
struct CompletenessQuestion {
    std::vector<Digest> commits = {};        ///< with all that they come from
    std::unordered_set<Digest> known = {};   ///< these are here and whole, and passed over
    std::unordered_set<Digest> shallow = {}; ///< the history ends at these
    std::size_t limit = 1;                   ///< stop after so many
};

/// What is absent of everything that the commits need, in the order in which it is found; below an
/// absent directory nothing is known. Empty: nothing is absent. Looks into the index, and reads
/// commits, directories and chunk lists, each once. Throws Fault::corrupt for those that are
/// damaged or of a wrong length.
std::vector<Missing>
find_missing(const Repository& repository, const CompletenessQuestion& question);

/// Throws Fault::corrupt, naming an object, unless the commits are complete. Afterwards a writer
/// may name them: what of them was condemned is held again. `repository` is writable.
void check_complete(const Repository& repository, CompletenessQuestion question);

} // namespace slipway::store
