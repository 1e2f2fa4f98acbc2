// Packing a repository anew: the same objects in fewer bytes, what is used together side by side.
//
// New packs are written beside the old ones and take their place in one step, while others read and
// write. A death at any moment leaves the old packs or the new ones. The same repository, packed
// with the same options, gives the same packs.
#pragma once

#include <cstdint>

#include "base/reporter.h"
#include "store/repack/groups.h"
#include "store/repository.h"

namespace slipway::store {

/// Packs that are packed well are left alone: they were made by these rules, at this level or a
/// higher one. Or all are packed again, as when another HotList says what is hot.
enum class RepackScope { what_is_not_packed_well, everything };

struct RepackOptions {
    int level = 19; ///< of zstd
    RepackScope scope = RepackScope::what_is_not_packed_well;
    HotList hot{};
    std::uint64_t pack_bytes = 16ULL << 20U;    ///< stored bytes a pack is closed at
    std::size_t in_flight_bytes = 48ULL << 20U; ///< raw bytes being worked on
};

struct RepackReport {
    std::uint64_t packs_before = 0; ///< that were packed again
    std::uint64_t bytes_before = 0; ///< of these
    std::uint64_t packs_after = 0;  ///< made of them; 0 if it is an estimate
    std::uint64_t bytes_after = 0;
    std::uint64_t packs_kept = 0; ///< that were packed well
    std::uint64_t objects = 0;    ///< packed again
};

/// Needs room for the new packs beside the old ones. Memory is bounded by the options and some 700
/// bytes an object. Throws Fault::unavailable if another process collects or packs, corrupt if an
/// object that is to be packed is damaged: nothing has changed then.
RepackReport repack(const Repository& repository, const RepackOptions& options, Reporter& reporter);

/// What repack() would do, from a sample of the frames. Changes nothing.
RepackReport
estimate_repack(const Repository& repository, const RepackOptions& options, Reporter& reporter);

} // namespace slipway::store
