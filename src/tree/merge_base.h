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

/// The line of first parents of a commit, since it left the history of another one.
struct Line {
    Digest fork;                 ///< the last that the other one comes from
    std::vector<Digest> commits; ///< after that, the oldest first
};

/// Throws Fault::refused if the line ends without a commit that `other` comes from.
Line line_since(const Contents& contents, const Digest& other, const Digest& commit);

} // namespace slipway::tree
