#include "tree/merge/id_map.h"

namespace slipway::tree {

std::uint32_t IdMap::operator()(std::uint32_t id) const {
    if (const auto found = ids_.find(id); found != ids_.end()) {
        return found->second;
    }
    auto range = ranges_.upper_bound(id);
    if (range == ranges_.begin()) {
        return id;
    }
    --range;
    const auto offset = id - range->first;
    return offset < range->second.count ? range->second.to + offset : id;
}

} // namespace slipway::tree
