// Objects that are much alike, moved next to each other.
#pragma once

#include "base/reporter.h"
#include "store/repack/order.h"

namespace slipway::store {

/// Within the groups whose rules say so, each object that is much like an earlier one of the group
/// follows it: the same program built twice, the next version of a module. Reads them all, on all
/// cores. Throws Fault::corrupt if one is damaged.
std::vector<OrderedObject> gather_alike(
    const Contents& contents, const std::vector<OrderedObject>& objects, Reporter& reporter
);

} // namespace slipway::store
