// All content drivers by name.
#pragma once

#include "tree/merge/driver.h"

namespace slipway::tree {

/// passwd, shadow, group, gshadow, subid, deb822, apk, diversions, statoverride, triggers,
/// alternatives, debconf, ucf, lines, sorted-lines. They live as long as the program. Any thread.
const MergeDrivers& registry();

} // namespace slipway::tree
