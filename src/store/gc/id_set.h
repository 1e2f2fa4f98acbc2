// Which objects a repository has at one moment, with a mark for each: what is needed.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "store/index.h"

namespace slipway::store {

/// Ids in order, in a file that has no name, mapped: memory the system may take back.
class SortedIds {
public:
    /// Calls `produce` with a function that takes the next id.
    SortedIds(
        const std::filesystem::path& directory,
        const std::function<void(const std::function<void(const Digest&)>& take)>& produce
    );
    ~SortedIds();
    SortedIds(const SortedIds&) = delete;
    SortedIds& operator=(const SortedIds&) = delete;

    std::span<const Digest> ids() const { return ids_; }

    /// A page or two are touched: digests are spread evenly.
    std::optional<std::size_t> find(const Digest& id) const;

private:
    std::span<const Digest> ids_;
};

/// The objects of an index, condemned ones too, and which of them are marked. What is added to the
/// index later is not in it. Any thread marks.
class IdSet {
public:
    /// `scratch` is a directory for a file of 32 bytes an object.
    IdSet(const ObjectIndex& index, const std::filesystem::path& scratch);

    enum class Mark { made, was_there, not_in_set };
    Mark mark(const Digest& id);

    /// False for what is not in the set.
    bool is_marked(const Digest& id) const;

    bool contains(const Digest& id) const { return position(id).has_value(); }

    /// Calls `visit` for each object that was not condemned and is not marked, in the order of ids.
    void each_unneeded(const std::function<void(const Digest& id)>& visit) const;

private:
    std::optional<std::size_t> position(const Digest& id) const;

    SortedIds held_;
    SortedIds condemned_;
    std::vector<std::atomic<std::uint64_t>> marks_; // a bit an object, those of condemned_ last
};

} // namespace slipway::store
