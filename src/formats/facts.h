// What is known of a system from its tree.
#pragma once

#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::formats {

/// The variables of an os-release file; lines that are no assignments are passed over.
/// See os-release(5).
std::vector<tree::Fact> parse_os_release(ConstBytes text);

/// "os.id", "os.version" and "os.name" from os-release, "kernel" (the newest release that has
/// modules). What a tree does not tell is left out.
std::vector<tree::Fact> collect_facts(const Contents& contents, const Digest& tree);

/// What a commit of `tree` says: its collected facts, and of `own` those that have other names. By
/// name.
std::vector<tree::Fact>
facts_with(const Contents& contents, const Digest& tree, const std::vector<tree::Fact>& own);

} // namespace slipway::formats
