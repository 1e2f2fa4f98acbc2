// The small databases in /var/lib/dpkg, and those of ucf.
#pragma once

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

/// diversions: three lines each, the path, where it is diverted to, and by which package. Known by
/// the path. Two paths that ours and theirs divert to one place are a conflict.
std::string merge_diversions(const TextVersions& versions, Judge& judge);

/// statoverride: "user group mode path", known by the path. An entry is not merged within.
std::string merge_statoverride(const TextVersions& versions, Judge& judge);

/// triggers/File: "path package", triggers/NAME: "package", both with "/noawait" or without, and
/// triggers/Unincorp: "trigger package...", where the packages are a set. The path tells which.
std::string merge_triggers(const TextVersions& versions, Judge& judge);

/// ucf's hashfile, "hash  path", and registry, "package path": known by the path.
std::string merge_ucf(const TextVersions& versions, Judge& judge);

} // namespace slipway::tree
