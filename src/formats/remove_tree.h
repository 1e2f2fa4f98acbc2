// Removing a directory with all it holds, however deep, without following a link.
#pragma once

#include <string>

namespace slipway::formats {

/// Removes `name` of the open directory `parent` as far as the system allows; two descriptors do
/// for any depth. True if it is gone.
bool remove_tree(int parent, const std::string& name) noexcept; // NOLINT(bugprone-exception-escape)

} // namespace slipway::formats
