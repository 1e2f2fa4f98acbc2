// What programs leave behind that does not belong into a commit: what they downloaded, logs, what
// is one machine's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace slipway::sandbox {

/// Files, never directories, by shell patterns in which `*` matches slashes too.
struct KeptOut {
    std::string_view what; ///< "downloaded packages"
    std::vector<std::string> patterns;
};

/// The rules that hold for every system.
std::span<const KeptOut> kept_out();

/// True for a path that a rule keeps out if it is a file.
bool is_kept_out(const std::string& path);

/// What a rule left out.
struct LeftOut {
    std::string_view what;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::string first; ///< the path of one of them
};

/// A layer over a tree.
struct Layer {
    std::filesystem::path upper; ///< the directory
    const Contents& contents;
    Digest lower;
};

/// Removes from the layer what the rules keep out, so that the tree's own files show again, and
/// `mount_points` ("/dev", "/etc/resolv.conf") that the tree does not have. A directory that is
/// otherwise as it was gets its time back. Returns what rules left out, in the order of the rules.
/// Not while the layer is mounted.
std::vector<LeftOut> leave_out(
    const Layer& layer, std::span<const KeptOut> rules, const std::vector<std::string>& mount_points
);

} // namespace slipway::sandbox
