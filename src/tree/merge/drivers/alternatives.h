// The records of update-alternatives: /var/lib/dpkg/alternatives/NAME.
#pragma once

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

/// Merges the mode, the master link, the slaves and the choices. Within a choice, priority and the
/// target of each slave are merged by themselves. Slaves that no choice uses are left out, as
/// update-alternatives does, and an alternative without choices is empty: it has no file. A note
/// tells if the best choice is no longer that of ours while the mode is "auto".
std::string merge_alternatives(const TextVersions& versions, Judge& judge);

/// A name in /etc/alternatives, and the link elsewhere that leads to it.
struct AlternativeLink {
    std::string name;
    std::string link;
    std::string target{}; ///< what the choice that counts has for it; may be empty for a slave
};

/// The links that belong to an alternative: its own, then those of its slaves, with the targets of
/// the choice of the highest priority, the first of equals, where the mode is "auto".
struct AlternativeLinks {
    bool automatic = false;
    std::vector<AlternativeLink> links;
};

/// `name` is that of the file. Nothing if the file is empty or no list of alternatives.
std::optional<AlternativeLinks> alternative_links(const std::string& name, ConstBytes file);

} // namespace slipway::tree
