// Checking a repository: every byte of every pack, every object, the index, every reference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"

namespace slipway::store {

/// One thing that is wrong: what it is about ("pack ab12…", "/usr/bin/vim of commit 34cd…") and
/// why. A lost object that several paths need is one problem, which names some of them.
struct Problem {
    std::string subject;
    std::string fact;
    friend bool operator==(const Problem&, const Problem&) = default;
};

struct FsckReport {
    std::vector<Problem> problems;     ///< empty: the repository is whole
    std::vector<Digest> damaged_packs; ///< on disk, and not what their names say
    std::uint64_t packs = 0;
    std::uint64_t objects = 0;
    std::uint64_t commits = 0;
    std::uint64_t bytes = 0; ///< of packs read
};

/// Reads everything once, on all cores. Damage is reported, never thrown.
FsckReport check(const Repository& repository, Reporter& reporter);

/// Makes the index anew from the packs, aside, and puts it in the old one's place. Needs no index
/// to begin with. Packs whose index cannot be read are reported and left out.
FsckReport rebuild_index(const RepositoryPaths& paths, Reporter& reporter);

/// Takes damaged packs out of use: what is whole in each is written to a new pack, then the old one
/// moves to packs/damaged/. The index still has them: rebuild_index() comes next. No import may run
/// meanwhile. Throws if it cannot write; what is done by then stays, and a rerun goes on.
void quarantine(
    const RepositoryPaths& paths, const std::vector<Digest>& damaged, Reporter& reporter
);

} // namespace slipway::store
