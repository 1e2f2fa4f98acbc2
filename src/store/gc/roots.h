// What keeps objects: branches and where they were, tags, leases, what is read on this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/repository.h"

namespace slipway::store {

struct Root {
    Digest id;                           ///< a commit; of a reader, a tree
    std::string name;                    ///< "branch debian", "move 3 of branch debian"
    std::optional<std::int64_t> until{}; ///< of a lease: seconds since 1970
};

/// The lines of reflogs that are too old: a branch left them before `since` (or was removed then),
/// and is not there now.
std::vector<NamedMove> old_moves(
    const std::vector<Branch>& branches, const std::vector<NamedMove>& moves, std::int64_t since
);

/// `since` as above; leases count if they go on after `now`.
std::vector<Root> find_roots(const Repository& repository, std::int64_t since, std::int64_t now);

/// The ids of roots, each once.
std::vector<Digest> ids_of(const std::vector<Root>& roots);

/// The roots that keep `commit`: that are it, or come from it. Throws as tree::load_commit().
std::vector<Root>
keepers(const Repository& repository, const std::vector<Root>& roots, const Digest& commit);

} // namespace slipway::store
