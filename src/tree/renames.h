// Which of the added entries are removed ones under another name.
#pragma once

#include <vector>

#include "tree/diff.h"

namespace slipway::tree {

/// Pairs entries that were removed with equal ones that were added: whole directories by their
/// digest, then files that are not empty by their content, symbolic links by their target. Among
/// equal ones those whose names are most alike are paired; each entry at most once. A directory
/// that is not equal is renamed too if everything in it went along, under the same names, and at
/// least half of its files are the same.
///
/// `changes` are all of a diff(), in its order. The result has the same order. A pair is one change
/// with `from`; what lies in a renamed directory is told only if it differs itself, in more than
/// `ignored`.
std::vector<Change> pair_renames(std::vector<Change> changes, Parts ignored = {});

} // namespace slipway::tree
