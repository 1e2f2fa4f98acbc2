// Reading a directory of a running or resting system into a tree.
//
// Symbolic links are never followed, not even the source's parents' after it is opened: everything
// is reached by openat from the directory above. Errors: not_found, refused, and unavailable for a
// file that changes while it is read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "formats/stat_cache.h"
#include "tree/ingest.h"

namespace slipway::formats {

struct ScanOptions {
    enum class Changing { refuse, allow };
    enum class Filesystems { one, all };
    enum class Unreadable { refuse, skip };

    /// Shell patterns against "/path/from/the/source"; `*` matches slashes too. What lies below an
    /// excluded directory is excluded.
    std::vector<std::string> exclude;
    Filesystems filesystems = Filesystems::one; ///< `one`: mount points become empty directories
    Changing changing = Changing::refuse; ///< a file whose stat differs before and after reading
    Unreadable unreadable = Unreadable::refuse;
};

struct ScanResult {
    Digest tree;
    std::uint64_t entries = 0;        ///< names, and the root
    std::uint64_t files = 0;          ///< regular ones; those with several names once
    std::uint64_t bytes = 0;          ///< of all files' payload
    std::uint64_t files_read = 0;     ///< the others were known from the stat cache
    std::vector<std::string> skipped; ///< what could not be read or did change, with the reason
};

/// Reads everything below `source` into `ingest`; returns when all of it is settled.
ScanResult scan(
    const std::filesystem::path& source,
    const ScanOptions& options,
    tree::Ingest& ingest,
    StatCache& cache,
    Reporter& reporter
);

} // namespace slipway::formats
