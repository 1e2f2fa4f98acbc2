// What is mounted where: /proc/self/mountinfo.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace slipway::mount {

struct MountEntry {
    std::filesystem::path directory;
    std::string type;   ///< "erofs"
    std::string source; ///< "/dev/nbd0"
    friend bool operator==(const MountEntry&, const MountEntry&) = default;
};

/// The entries of a mountinfo file in its order, as proc(5) describes it. Throws Fault::corrupt.
std::vector<MountEntry> parse_mount_table(ConstBytes bytes);

/// This process's own.
std::vector<MountEntry> read_mount_table();

/// True if `source` is what one sees at `directory`, an absolute path without symlinks.
bool is_on_top(
    const std::vector<MountEntry>& table,
    const std::filesystem::path& directory,
    std::string_view source
);

} // namespace slipway::mount
