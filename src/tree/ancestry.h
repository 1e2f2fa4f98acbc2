// What commits come from, as far as the history goes.
#pragma once

#include <functional>
#include <vector>

#include "base/digest.h"

namespace slipway::tree {

/// Gives a commit's parents: none where the history ends, be it that it began there, that the rest
/// was left out on purpose, or that nobody wants to look further.
using ParentsOf = std::function<std::vector<Digest>(const Digest& commit)>;

/// The commits of `tips` and all that they come from, each once, breadth first. Memory: their ids.
std::vector<Digest> ancestry(const std::vector<Digest>& tips, const ParentsOf& parents_of);

/// True if `ancestor` is `commit` or among those it came from. Of newer commits only as many are
/// asked for their parents as it takes to find it.
bool is_ancestor(const Digest& ancestor, const Digest& commit, const ParentsOf& parents_of);

} // namespace slipway::tree
