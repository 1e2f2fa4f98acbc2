// How ordered objects come into frames.
#pragma once

#include <cstdint>
#include <vector>

#include "store/repack/order.h"

namespace slipway::store {

/// How a group is packed.
struct GroupRules {
    std::uint64_t frame_bytes = 0;      ///< raw bytes a frame is closed at
    std::size_t frame_objects = 0;      ///< and objects
    std::uint64_t dictionary_bytes = 0; ///< at most; 0: it has none
    std::uint64_t alike_bytes = 0;      ///< of objects that are moved together; 0: none are
};

/// Changes with layout_version: it is what a pack says of how it was made.
const GroupRules& rules_of(Group group);
constexpr std::uint8_t layout_version = 1;

/// A frame to be made.
struct PlannedFrame {
    Group group = Group::cold;
    std::vector<OrderedObject> objects;
    std::uint64_t raw_length = 0;
};

/// In the order of the objects. A frame holds objects of one group.
std::vector<PlannedFrame> plan_frames(const std::vector<OrderedObject>& objects);

/// A dictionary for a group: slices of its objects, spread evenly over all their bytes, so that
/// much of what is met again and again is in it. Empty if there is too little to be worth one.
Buffer
make_dictionary(const Contents& contents, const std::vector<OrderedObject>& objects, Group group);

} // namespace slipway::store
