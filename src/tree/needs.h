// What a tree needs, down to the last chunk, beyond what another tree has at the same places.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// An object that a tree refers to.
struct Need {
    Digest id;
    Kind kind = Kind::directory;
    std::uint64_t length = 0; ///< of a chunk
    friend bool operator==(const Need&, const Need&) = default;
};

/// Walks trees and tells of each object once, however many trees have it: directories before what
/// is in them, files in the order in which they are stored. Memory: an id an object.
class Needs {
public:
    /// What to do about an object's own references.
    enum class Descend { no, yes };

    using Visit = std::function<Descend(const Need& need)>;

    /// `contents` outlives it; only what is descended into is read.
    Needs(const Contents& contents, Visit visit) : contents_(contents), visit_(std::move(visit)) {}

    /// Tells of everything `tree` needs that it has not told of before. Subtrees that `base` has at
    /// the same path are passed over; of `base` only directories on the way are read.
    /// Throws Fault::corrupt for what does not decode, for chunk lists of another length than their
    /// file, and for a tree nested deeper than `deepest_tree`; not_found for an object that it is
    /// to descend into and cannot.
    void add(const Digest& tree, const std::optional<Digest>& base);

private:
    void add_directory(const Digest& id, const std::optional<Digest>& base, std::size_t depth);
    void add_file(const File& file);

    const Contents& contents_;
    Visit visit_;
    std::unordered_set<Digest> told_;
};

} // namespace slipway::tree
