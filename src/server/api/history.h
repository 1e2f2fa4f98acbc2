// Which commits a repository's branches reach.
#pragma once

#include <vector>

#include "store/repository.h"

namespace slipway::server {

/// Every commit that a branch or its reflog names, and all their ancestors, each once.
std::vector<Digest> reachable_commits(const store::Repository& repository);

} // namespace slipway::server
