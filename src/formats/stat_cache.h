// What was read before: the payload of a file whose stat has not changed since, as git's index.
//
// One cache file a source directory, replaced whole and atomically. A damaged cache file is the
// same as none. An entry is trusted only if device, inode, size, mtime and ctime are the same and
// both times are older than the scan that wrote the entry (else a write in the same tick could be
// missed).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tree/objects.h"

struct stat;

namespace slipway::formats {

class StatCache {
public:
    /// Remembers nothing and saves nothing.
    StatCache() = default;

    /// Loads the cache for sources at `source` from a file in `directory` (made at need).
    StatCache(const std::filesystem::path& directory, const std::filesystem::path& source);

    /// The payload of the file with this stat, if it is known.
    std::optional<tree::File> find(const struct stat& status) const;

    /// To be saved. Called from one thread at a time.
    void remember(const struct stat& status, const tree::File& file);

    /// Replaces the cache file by what was remembered since loading.
    void save();
    // (private parts: yours to design)
};

} // namespace slipway::formats
