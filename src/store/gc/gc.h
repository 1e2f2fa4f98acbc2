// Collecting what nobody needs any more (docs/decisions/0016-collection.md).
//
// Writers and readers work on meanwhile. What is dead is condemned first: it can be read, but
// nobody begins to refer to it. It goes when every writer that may refer to it already has ended,
// and what these have named by then is not among it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/reporter.h"
#include "store/gc/packs.h"
#include "store/retired.h"

namespace slipway::store {

struct GcOptions {
    std::int64_t now = 0; ///< seconds since 1970
    std::chrono::seconds reflog_age = std::chrono::hours(90 * 24);
    std::chrono::milliseconds patience = std::chrono::seconds(60); ///< with writers at work
    std::chrono::seconds grace = std::chrono::hours(24); ///< that packs stay after they went
    double least_live = 0.7; ///< a pack of which less is needed is written anew
};

struct GcReport {
    std::uint64_t objects_kept = 0;
    std::uint64_t objects_dead = 0;    ///< condemned; with their packs they go
    std::vector<Digest> commits_dead;  ///< those of them that are commits
    std::uint64_t moves_forgotten = 0; ///< lines of reflogs
    bool writers_ended = true;         ///< false: nothing went, the next collection goes on
    std::vector<PackUse> packs;        ///< all, with their fates
    std::uint64_t bytes_written = 0;
    std::uint64_t rows_forgotten = 0; ///< of state.db, about commits that are gone
    RetiredPacks deleted;             ///< whose grace has ended
};

/// Throws Fault::unavailable if another collection is at work, not_found or corrupt if something
/// that is needed is missing or damaged: then nothing goes. A death at any moment loses nothing.
GcReport
collect(const std::filesystem::path& repository, const GcOptions& options, Reporter& reporter);

/// What collect() would find and do, as things are now. Changes nothing.
GcReport
preview_gc(const std::filesystem::path& repository, const GcOptions& options, Reporter& reporter);

} // namespace slipway::store
