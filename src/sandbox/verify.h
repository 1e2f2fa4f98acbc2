// Whether a tree is as whole as the one it comes from, by its distribution's own checks.
#pragma once

#include <string>
#include <vector>

#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::sandbox {

struct Checked {
    std::string command;             ///< "dpkg --audit"
    std::vector<std::string> fresh;  ///< findings that the tree before did not have
    std::vector<std::string> before; ///< those that it had too
};

/// Runs the checks that `after` has the programs for, in a sandbox of it. Only where one finds
/// something, it is run in a sandbox of `before` as well. Both trees stay as they are.
/// Throws what require_sandbox() does, and Fault::unavailable if the tree has nothing to check it.
std::vector<Checked>
verify(const Contents& contents, const Digest& before, const Digest& after, Reporter& reporter);

} // namespace slipway::sandbox
