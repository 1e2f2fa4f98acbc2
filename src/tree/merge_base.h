// Where two commits parted.
#pragma once

#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// The best common ancestors of `other` and a merge of `commits`, which need not exist.
std::vector<Digest>
merge_bases(const Contents& contents, const std::vector<Digest>& commits, const Digest& other);

/// The best common ancestors of two commits: those that no other common ancestor comes from. A
/// commit is its own ancestor. None for unrelated histories; more than one where branches were
/// merged crosswise. By digest. A history that lacks a parent ends there. Reads every commit that
/// either comes from, each once.
std::vector<Digest>
merge_bases(const Contents& contents, const Digest& commit, const Digest& other);

/// The commits from `ancestor` (not with it) to `commit` (with it) along first parents, the oldest
/// first. Throws Fault::refused if that way does not lead to `ancestor`.
std::vector<Digest>
commits_between(const Contents& contents, const Digest& ancestor, const Digest& commit);

} // namespace slipway::tree
