// Whether a commit that nothing names may be named again.
#pragma once

#include "store/repository.h"

namespace slipway::store {

/// Throws Fault::not_found unless everything that `commit` needs is held. What a branch, its reflog
/// or a tag reaches is; another commit may be on its way out, or what a dead writer left. The
/// caller is a writer (WriterLock) from before this until the commit is named.
void check_whole(const Repository& repository, const Digest& commit);

} // namespace slipway::store
