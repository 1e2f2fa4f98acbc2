// A commit that was made on an earlier one comes onto a branch, wherever that is now.
#pragma once

#include <string>

#include "cli/command.h"
#include "store/repository.h"

namespace slipway::cli {

struct Landing {
    std::string branch;
    Digest base;   ///< the commit it was made on
    Digest commit; ///< durable, and signed if it is to be
    std::string reason;
};

/// Moves the branch to the commit if it is at its base, or is not there yet. If it is elsewhere,
/// the commit is named `inbox/BRANCH/COMMIT`, and then taken in as a cherry-pick does; if that
/// conflicts, this throws and the name stays. A branch that has the commit already stays where it
/// is. Tells what happened; with --dry-run what would.
void land(
    const Invocation& invocation, const store::Repository& repository, const Landing& landing
);

} // namespace slipway::cli
