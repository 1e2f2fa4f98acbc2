// Which packs are packed again.
#pragma once

#include <map>
#include <unordered_set>
#include <vector>

#include "store/index.h"
#include "store/repack.h"

namespace slipway::store {

struct Selection {
    std::vector<PackContents> packs; ///< to be packed again, by number
    std::unordered_set<PackNumber> numbers;
    std::uint64_t bytes = 0;                        ///< of these
    std::uint64_t kept = 0;                         ///< packs that stay
    std::map<Digest, std::uint64_t> dictionaries{}; ///< that frames of those need: by how many
};

/// Packs of version 1, of other rules or of a lower level. If there are any, small ones go with
/// them, or every run would leave one more.
Selection select_packs(const Repository& repository, const RepackOptions& options);

} // namespace slipway::store
