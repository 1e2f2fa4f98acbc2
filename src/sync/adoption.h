// Taking over what a repository elsewhere has besides its packs, once these are here
// (docs/guides/mirror.md). Who is there decides nothing here: key sets and statements have been
// checked (refs.h), signatures are, and each move of a branch must be one that this repository's
// own keys allow.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "sync/refs.h"

namespace slipway::sync {

/// Those of the key sets that are not here.
std::vector<trust::SignedKeySet>
new_key_sets(const store::Repository& repository, const Refs& refs);

/// What names need: key sets, where histories end, signatures. Signatures that are none are told.
void adopt_state(const store::Repository& repository, const Refs& refs, Reporter& reporter);

struct AdoptedNames {
    std::vector<std::string> branches; ///< that changed
    std::vector<Error> refusals;       ///< why some branches and tags stay where they are
};

/// Tags, branches with their moves, head statements. What is refused stays as it is, and takes
/// nothing from the rest.
AdoptedNames adopt_names(
    const store::Repository& repository, const Refs& refs, const store::Branches::Adoption& adoption
);

} // namespace slipway::sync
