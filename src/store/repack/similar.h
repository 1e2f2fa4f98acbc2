// Objects that are much alike: compressed side by side the second costs little.
//
// Source: A. Broder, "On the resemblance and containment of documents", 1997 (min-hashes); P. Li,
// A. Owen, C. Zhang, "One Permutation Hashing", NIPS 2012 (one hash a position, many minima).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace slipway::store {

/// The least hashes of an object's bytes, 12 at a time. Two objects have each of them in common
/// with about the probability that a piece of the one is in the other. Zero: there is none.
using Sketch = std::array<std::uint32_t, 8>;

Sketch sketch_of(ConstBytes bytes);

/// An object, by number, that may move next to one that is like it.
struct Sketched {
    Sketch sketch{};
    std::uint64_t length = 0;
};

/// The numbers of the objects in a new order: those much alike follow the first of them, as long
/// as they have not more than `cluster_bytes` together; all else stays in its order.
/// Linear in time and memory.
std::vector<std::size_t>
order_by_likeness(const std::vector<Sketched>& objects, std::uint64_t cluster_bytes);

} // namespace slipway::store
