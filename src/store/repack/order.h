// The order in which objects are packed: by group, in it by use, then by tree.
#pragma once

#include <unordered_set>
#include <vector>

#include "base/reporter.h"
#include "store/repack/groups.h"
#include "store/repository.h"

namespace slipway::store {

struct OrderedObject {
    Digest id;
    Kind kind = Kind::chunk;
    std::uint32_t length = 0;
    Group group = Group::cold;
};

/// All objects that are read from `packs`, without dictionaries. In a group those of the oldest
/// commit come first, in the order of its tree, then what the next one added: so who has the
/// one needs few frames for the other. Objects that no commit needs come last.
///
/// Memory: some 250 bytes an object. Throws Fault::corrupt if a tree cannot be read.
std::vector<OrderedObject> order_objects(
    const Repository& repository,
    const std::unordered_set<PackNumber>& packs,
    const HotList& hot,
    Reporter& reporter
);

/// The bytes of an object. Throws Fault::corrupt if it is missing or damaged.
Buffer read_object(const Contents& contents, const Digest& id);

} // namespace slipway::store
