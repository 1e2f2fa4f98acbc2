// What follows a merge: caches made anew, and the distribution's own checks.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "tree/merge/merge.h"
#include "tree/merge/staged_objects.h"

namespace slipway::cli {

/// --regenerate, --no-regenerate and --verify.
std::vector<Option> sandbox_options();

/// Throws now what would be thrown when the merging is done: options that contradict each other,
/// and Fault::unavailable if --regenerate or --verify is given and nothing can be run here.
void check_sandbox_options(const Invocation& invocation);

/// `tree` with what is due made anew, as the options say; tells what is not, and why.
/// Throws Fault::unavailable if --regenerate is given and something cannot be made.
Digest regenerate(
    const Invocation& invocation,
    tree::StagedObjects& objects,
    const Digest& tree,
    const std::vector<tree::Regeneration>& due
);

/// A move of a branch from one tree to another.
struct TreeMove {
    std::string branch;
    Digest before;
    Digest after;
};

/// With --verify: throws Fault::refused if a check finds in `after` what it does not in `before`.
void verify(const Invocation& invocation, const Contents& contents, const TreeMove& move);

} // namespace slipway::cli
