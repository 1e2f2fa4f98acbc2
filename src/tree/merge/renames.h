// Renames: an edit follows a file that the other side renamed.
//
// A rename is a file that one side removed, and another path that this side added with the very
// same content, if each is the only one with that content. It is looked for only where an edit
// would otherwise meet a removal, or where both sides removed a file. Files with other names (hard
// links) and empty files are left out; a renamed directory counts as renames of its files.
#pragma once

#include "tree/merge/plan.h"
#include "tree/merge/referee.h"
#include "tree/merge/survey.h"

namespace slipway::tree::merging {

/// Plans the paths of renames. Reads what differs between the base and a side that renamed.
void plan_renames(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    const Survey& survey,
    Plan& plan,
    Referee& referee
);

} // namespace slipway::tree::merging
