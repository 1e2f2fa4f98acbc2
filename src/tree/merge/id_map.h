// Numbers of users or groups, and what they become.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

namespace slipway::tree {

/// From ids in theirs to ids in the merge. All moves happen at once: ids may be swapped.
class IdMap {
public:
    /// The id itself if it does not move.
    std::uint32_t operator()(std::uint32_t id) const;

    bool empty() const { return ids_.empty() && ranges_.empty(); }

    void move(std::uint32_t from, std::uint32_t to) { ids_[from] = to; }

    /// `count` ids from `from` on. Ranges must not overlap.
    void move_range(std::uint32_t from, std::uint32_t count, std::uint32_t to) {
        ranges_[from] = {count, to};
    }

private:
    struct Range {
        std::uint32_t count = 0;
        std::uint32_t to = 0;
    };

    std::unordered_map<std::uint32_t, std::uint32_t> ids_;
    std::map<std::uint32_t, Range> ranges_; ///< by where they begin
};

} // namespace slipway::tree
