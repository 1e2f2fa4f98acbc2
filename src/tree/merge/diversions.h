// Diversions: an update follows a file that a package of the other side has put aside.
//
// dpkg-divert says that the file of every other package at /bin/x lies at /bin/x.distrib. If one
// side diverts a path and the other changed what lies there, the change belongs to where the file
// is now. If one side took a diversion back, it is the other way round.
#pragma once

#include "tree/merge/cursor.h"
#include "tree/merge/plan.h"
#include "tree/merge/referee.h"

namespace slipway::tree::merging {

/// Plans both paths of each diversion that one side added or took back while the other changed the
/// diverted file. Reads /var/lib/dpkg/diversions if a side changed it.
void plan_diversions(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    Plan& plan,
    Referee& referee
);

} // namespace slipway::tree::merging
