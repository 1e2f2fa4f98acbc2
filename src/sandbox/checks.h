// What a distribution can say about itself: its own checks, run in a sandbox of a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "sandbox/child.h"
#include "tree/tree_reader.h"

namespace slipway::sandbox {

/// What of a check's output says that something is wrong.
enum class Findings {
    lines,    ///< every line
    failure,  ///< every line, if its exit status is not 0
    dangling, ///< "NAME => PATH" if the tree has no such path
};

struct Check {
    std::vector<std::string> words;
    Findings findings = Findings::lines;
    std::vector<std::string> packages{}; ///< if any: the check is told those that are installed

    /// "dpkg --audit": for people.
    std::string command() const;

    /// What to run in a tree; nothing if none of the packages is installed there.
    std::vector<std::string> words_for(tree::TreeReader& tree) const;
};

/// The checks for what the tree has: dpkg, apt, rpm, apk, pacman, and the dynamic linker's cache.
/// `packages` limits `dpkg -V`, which reads every file of a package; none: it is left out.
std::vector<Check> checks_for(tree::TreeReader& tree, std::vector<std::string> packages);

/// The lines of an outcome that say that something in the tree is wrong.
std::vector<std::string>
findings_of(const Check& check, const Outcome& outcome, tree::TreeReader& tree);

/// dpkg's packages, as installed in `after`, of which a file or a record differs from `before`: no
/// other can be told to be damaged in one tree and not in the other.
std::vector<std::string>
touched_packages(const Contents& contents, const Digest& before, const Digest& after);

} // namespace slipway::sandbox
