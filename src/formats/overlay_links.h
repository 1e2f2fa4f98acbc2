// Hard links of a tree that was put together from two.
#pragma once

#include "base/stream.h"
#include "tree/merge/merge.h"
#include "tree/objects.h"

namespace slipway::formats {

/// An id for a group of the upper layer that no group of the lower tree has: both are made from
/// paths, so one id may name two groups.
tree::LinkId upper_link(const tree::LinkId& link);

/// `tree` with the ids that its groups of hard links must have, whatever they have now; names that
/// are alone get none. Names with one id are one group. All its directories are read.
Digest with_canonical_links(const Contents& contents, tree::MergeSink& sink, const Digest& tree);

} // namespace slipway::formats
