// What of each pack is needed, and what becomes of it.
#pragma once

#include <functional>
#include <vector>

#include "base/reporter.h"
#include "store/repository.h"

namespace slipway::store {

enum class Fate { kept, rewritten, removed };

struct PackUse {
    PackNumber number = 0;
    Digest pack;
    std::uint64_t bytes = 0;      ///< of its file
    std::uint64_t live_bytes = 0; ///< of those, about
    std::uint64_t live_objects = 0;
    std::uint64_t dead_objects = 0; ///< that are recorded in it
    Fate fate = Fate::kept;
};

/// Every pack of the index whose file is there, by number. `is_live` tells which objects of the
/// index are needed. A pack is rewritten if less than `least_live` of its bytes is.
std::vector<PackUse> measure_packs(
    const Repository& repository,
    const std::function<bool(const Digest& id)>& is_live,
    double least_live
);

/// Removes the packs that hold nothing but condemned objects, and writes those anew of which
/// little is left. Damaged ones are left alone, with a notice. Returns the bytes of new packs.
std::uint64_t
sweep(const Repository& repository, const std::vector<PackUse>& packs, Reporter& reporter);

} // namespace slipway::store
