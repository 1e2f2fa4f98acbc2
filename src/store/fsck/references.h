// Whether everything that branches refer to is there, down to the last chunk.
#pragma once

#include "base/reporter.h"
#include "store/fsck/findings.h"
#include "store/repository.h"

namespace slipway::store {

/// Follows everything that branches and their reflog name; returns how many commits that is.
/// Each directory and each file is looked at once, however many commits have it.
std::uint64_t check_references(
    const Repository& repository,
    const WholeObjects& objects,
    Findings& findings,
    Reporter& reporter
);

} // namespace slipway::store
