// The links of alternatives, where both sides changed the same alternative.
//
// update-alternatives keeps a list in /var/lib/dpkg/alternatives/NAME and makes links from it:
// /usr/bin/editor -> /etc/alternatives/editor -> the best choice, and the same for the slaves.
// Lists are merged choice by choice. Links cannot be merged by themselves: which one is right
// follows from the merged list.
#pragma once

#include "tree/merge/cursor.h"
#include "tree/merge/plan.h"
#include "tree/merge/referee.h"

namespace slipway::tree::merging {

/// Plans the links of each alternative whose list both sides changed and that is in mode "auto" in
/// the result. A list that is a conflict is left alone, and so is a link that some side made into
/// something else. Reads the lists that both sides changed.
void plan_alternatives(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    const MergeOptions& options,
    Plan& plan,
    Referee& referee
);

} // namespace slipway::tree::merging
