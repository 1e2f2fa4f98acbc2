// Branches as they are named to pull and push: BRANCH, or BRANCH:OTHER.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "store/branches.h"

namespace slipway::cli {

struct WantedBranch {
    std::string from; ///< where it comes from
    std::string to;   ///< where it goes
    Digest commit;    ///< where it is there
};

/// Those of `branches` that the command names, or all with --all. Throws Fault::usage if it names
/// none, not_found for one that is not there.
std::vector<WantedBranch>
find_wanted(const Invocation& invocation, const std::vector<store::Branch>& branches);

/// What the argument is called.
constexpr const char* refspec_argument = "BRANCH";

} // namespace slipway::cli
