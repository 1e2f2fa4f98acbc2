// The package manager of a tree: which it is, and what it is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tree/tree_reader.h"

namespace slipway::sandbox {

/// Rows of words; each begins with the path of a program in the tree. They run one after another.
using Commands = std::vector<std::vector<std::string>>;

struct PackageManager {
    std::string_view name; ///< "apt"
    Commands upgrade;      ///< everything to its newest version
    Commands install;      ///< packages' names are added to the last row
};

/// The one the tree has; nothing if it has none that is known.
std::optional<PackageManager> find_package_manager(tree::TreeReader& tree);

/// What installs `packages`. Throws Fault::usage for a name that would be taken for an option.
Commands commands_to_add(const PackageManager& manager, const std::vector<std::string>& packages);

} // namespace slipway::sandbox
