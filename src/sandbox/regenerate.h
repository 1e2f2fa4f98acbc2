// Caches made anew by the programs of the tree that they belong to.
#pragma once

#include <string>
#include <vector>

#include "base/reporter.h"
#include "sandbox/child.h"
#include "sandbox/generators.h"
#include "tree/merge/staged_objects.h"

namespace slipway::sandbox {

/// A generator that did not succeed; nothing of what it wrote is taken.
struct FailedRun {
    Run run;
    Outcome outcome;
};

struct Regenerated {
    Digest tree;
    std::vector<std::string> made; ///< paths that are not as they were
    std::vector<FailedRun> failed;
    std::vector<std::string> dropped; ///< what programs wrote that is not theirs
};

/// Runs the programs in one sandbox of `tree`, one after another, and takes over what they own.
/// What they make new goes to `objects`, which hold the tree.
///
/// Times: a file that was there keeps its time, which the merge gave it; what is new gets the
/// latest time of what was due. So equal merges give equal trees wherever the programs do.
///
/// Throws what require_sandbox() does. Nothing is left mounted or running.
Regenerated regenerate(
    tree::StagedObjects& objects,
    const Digest& tree,
    const std::vector<Run>& runs,
    Reporter& reporter
);

} // namespace slipway::sandbox
