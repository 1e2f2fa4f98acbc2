// The databases of debconf: /var/cache/debconf/config.dat, passwords.dat, templates.dat.
#pragma once

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

/// Merges questions and templates, which are known by "Name", field by field. Owners and flags are
/// sets: who owns a question keeps it there, and without an owner it goes, as debconf does it.
/// Variables are merged by name; they are filled in anew whenever a question is asked, so where
/// both sides did, ours stay.
std::string merge_debconf(const TextVersions& versions, Judge& judge);

} // namespace slipway::tree
