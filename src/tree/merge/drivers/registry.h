// All content drivers by name.
#pragma once

#include <map>
#include <string_view>

#include "tree/merge/driver.h"

namespace slipway::tree {

/// passwd, shadow, group, gshadow, subid, deb822, apk, diversions, statoverride, triggers,
/// alternatives, lines, sorted-lines. They live as long as the program. Any thread.
const std::map<std::string_view, const MergeDriver*>& registry();

} // namespace slipway::tree
