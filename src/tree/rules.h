// The rules of docs/format/objects.md that every value obeys, whether it is to be encoded or has
// just been decoded.
#pragma once

#include "base/error.h"
#include "tree/objects.h"

namespace slipway::tree {

/// Throws `fault` for a value that breaks a rule.
void check(const ChunkList& list, Fault fault);
void check(const Directory& directory, Fault fault);
void check(const Commit& commit, Fault fault);

/// Years 0001 to 9999.
constexpr std::int64_t earliest_time = -62135596800;
constexpr std::int64_t latest_time = 253402300799;

} // namespace slipway::tree
