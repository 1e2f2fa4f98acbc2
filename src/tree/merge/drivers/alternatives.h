// The records of update-alternatives: /var/lib/dpkg/alternatives/NAME.
#pragma once

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

/// Merges the mode, the master link, the slaves and the choices. Within a choice, priority and the
/// target of each slave are merged by themselves. Slaves that no choice uses are left out, as
/// update-alternatives does. A note tells if the best choice is no longer that of ours while the
/// mode is "auto": the links in /etc/alternatives then want to follow.
std::string merge_alternatives(const TextVersions& versions, Judge& judge);

/// What an alternative points to while its mode is "auto": the choice of the highest priority, the
/// first of equals. Nothing in mode "manual", without choices, or if `file` is no such file.
std::optional<std::string> best_choice(ConstBytes file);

} // namespace slipway::tree
