// Single paths in the three trees of a merge.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tree/merge/cursor.h"

namespace slipway::tree::merging {

/// The entry at `path` ("/etc/passwd"), none of whose directories is a symbolic link; nothing if
/// there is none, or it is the root.
std::optional<Entry>
entry_at(DirectoryReader& reader, const std::optional<Digest>& root, std::string_view path);

class TreePaths {
public:
    TreePaths(DirectoryReader& reader, const Triple<std::optional<Digest>>& roots)
        : reader_(reader), roots_(roots) {}

    std::optional<Entry> entry(Version version, std::string_view path) const {
        return entry_at(reader_, roots_.of(version), path);
    }

    /// The path with the symbolic links among its directories followed, as "/bin/vi" is
    /// "/usr/bin/vi". Nothing if a directory is missing or links lead in circles.
    std::optional<std::string> real_path(Version version, std::string_view path) const;

    /// True if the path is there after a merge, as far as one can tell without merging: both sides
    /// have it, or one added it.
    bool will_exist(std::string_view path) const;

private:
    DirectoryReader& reader_;
    const Triple<std::optional<Digest>>& roots_;
};

} // namespace slipway::tree::merging
