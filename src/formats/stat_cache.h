// What was read before: the payload of a file whose stat has not changed since, as git's index.
//
// One cache file a source directory, replaced whole and atomically. A damaged cache file is the
// same as none. An entry is trusted only if device, inode, size, mtime and ctime are the same and
// both times are older than the scan that wrote the entry (else a write in the same tick could be
// missed): younger ones are not written at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "tree/objects.h"

struct stat;

namespace slipway::formats {

/// What changes whenever a file does.
struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    tree::Time mtime;
    tree::Time ctime;

    static Stamp of(const struct stat& status);
    friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// The content of a cache file, searched in place.
class StatTable {
public:
    StatTable() = default;

    /// Nothing if `file` is no cache file of this version, or is damaged.
    static std::optional<StatTable> parse(Buffer file);

    struct Row {
        Stamp stamp;
        Digest content;
    };

    /// The file that holds `rows`, which may come in any order; the last of one inode stays.
    static Buffer encode(std::vector<Row> rows);

    std::optional<Digest> find(const Stamp& stamp) const;

    ConstBytes file() const { return file_; }

private:
    Buffer file_;
    std::size_t count_ = 0;
};

/// Not for use by several threads at once, but find() alone is.
class StatCache {
public:
    /// Remembers nothing and saves nothing.
    StatCache() = default;

    /// Loads the cache for sources at `source` from a file in `directory` (made at need).
    StatCache(const std::filesystem::path& directory, const std::filesystem::path& source);

    /// The payload of the file with this stamp, if it is known.
    std::optional<tree::File> find(const Stamp& stamp) const;

    /// To be saved, if it is old enough.
    void remember(const Stamp& stamp, const tree::File& file);

    /// Replaces the cache file by what was remembered since loading.
    void save();

private:
    std::filesystem::path path_; // empty: remember nothing
    tree::Time loaded_at_;       // by the clock that stamps files
    StatTable known_;
    std::vector<StatTable::Row> remembered_;
};

} // namespace slipway::formats
