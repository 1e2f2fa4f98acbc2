// What state.db says about commits that are gone, forgotten.
#pragma once

#include <cstdint>

#include "store/index.h"
#include "store/state.h"

namespace slipway::store {

/// Forgets the signatures of commits that the index does not know, condemned or not, and that the
/// history ended at them; of the head statements of branches that are gone all but their sequence
/// numbers. Returns how many rows that were. Durable on return.
///
/// Nobody loses what he adds meanwhile: such rows are written when their commit is in the index.
std::uint64_t forget_gone(State& state, const ObjectIndex& index);

} // namespace slipway::store
