// A change: an upper directory of overlayfs with the commit that it lay on (docs/format/change.md).
#pragma once

#include <optional>
#include <string>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::formats {

constexpr const char* change_header = "slipway-change";
constexpr const char* change_layer = "layer";

struct Change {
    tree::Commit header; ///< its tree is the one beneath; `branch` is not among its facts
    std::optional<std::string> branch; ///< where it is meant to go
    Digest layer;                      ///< the upper directory, as a tree
};

/// The change in a tree that was read of a directory or an archive; nothing if it is a layer alone.
/// Throws Fault::corrupt for a change that is none.
std::optional<Change> find_change(const Contents& contents, const Digest& tree);

} // namespace slipway::formats
