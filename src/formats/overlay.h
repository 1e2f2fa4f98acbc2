// The upper directory of an overlay mount, applied to the tree that lay beneath it
// (docs/format/overlay.md).
//
// Both are trees: scan() reads an upper directory as any other, with its marks as devices and
// extended attributes. What comes out is what the merged mount shows. Pure: no files are read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "tree/merge/merge.h"
#include "tree/objects.h"

namespace slipway::formats {

struct OverlayOptions {
    /// Which paths are taken ("/etc/ld.so.cache"); the others stay as the lower tree has them. A
    /// directory that is not taken itself is there if anything in it is. Unset: all.
    std::function<bool(std::string_view path)> takes{};

    /// If set: what the lower tree has at the same path keeps its time, what is new gets this one.
    std::optional<tree::Time> time_of_new{};
};

struct Overlaid {
    Digest tree;
    std::vector<std::string> taken;   ///< paths that are not as in the lower tree, in their order
    std::vector<std::string> dropped; ///< paths that would be other ones, but were not to be taken
    std::vector<tree::File> files;    ///< payload that the lower tree does not have at that path
};

/// A lower tree and, over it, an upper one. `contents` holds both.
struct Overlay {
    const Contents& contents;
    Digest lower;
    Digest upper;
};

/// Applies `overlay.upper`; directories that come out new go to `sink`, and must then be found in
/// `overlay.contents`. Directories that the upper layer does not hold are not opened, unless hard
/// links changed: then all are read once.
///
/// Directories that were renamed (redirect_dir) and files of which attributes alone were changed
/// (metacopy) take from the lower tree what they point at there.
///
/// Throws Fault::corrupt for trees that are too deep, and for marks that point at what is not
/// there.
Overlaid
apply_overlay(const Overlay& overlay, tree::MergeSink& sink, const OverlayOptions& options = {});

} // namespace slipway::formats
