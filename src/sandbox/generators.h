// Which programs make the caches that merges leave alone, and what of their output is theirs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tree/merge/merge.h"
#include "tree/tree_reader.h"

namespace slipway::sandbox {

/// A program of the tree that is to be run, once.
struct Run {
    std::string name;               ///< as rules call it: "ld.so.cache"
    std::vector<std::string> words; ///< "/sbin/ldconfig"
    std::vector<std::string> owned; ///< patterns of the paths that it may write
    std::vector<std::string> due;   ///< what is to be made anew
    std::chrono::seconds time{300}; ///< it is killed then

    /// "ldconfig", "depmod -a 6.1.0-50-amd64": for people.
    std::string command() const;
};

struct RegenerationPlan {
    std::vector<Run> runs;                ///< in the order in which they build upon each other
    std::vector<tree::Regeneration> left; ///< the tree has no program for these
};

/// Finds the programs for what is due. Nothing is run.
RegenerationPlan
plan_regeneration(tree::TreeReader& tree, const std::vector<tree::Regeneration>& due);

/// What should be run on a machine that runs the tree; empty if nothing is known of `name`.
std::string usual_command(std::string_view name);

} // namespace slipway::sandbox
