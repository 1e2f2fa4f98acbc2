// Whether the index says what the packs hold.
#pragma once

#include "store/fsck/findings.h"
#include "store/repository.h"

namespace slipway::store {

/// Compares the index with what the packs were found to hold, and drops from that what it lacks.
void check_index(const Repository& repository, WholeObjects& objects, Findings& findings);

} // namespace slipway::store
