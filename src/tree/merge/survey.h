// The first look at three trees: what cannot be decided one path at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tree/merge/cursor.h"

namespace slipway::tree::merging {

/// A path that has a hard link in some version, and is not the same in all three.
struct LinkRecord {
    std::string path;
    Triple<std::optional<Entry>> versions;
};

/// A file that `remover` removed and the other side changed.
struct LostEdit {
    std::string path;
    Version remover = Version::ours;
    File content; ///< in the base
};

/// A file that both sides removed, at least one of them from a directory that it kept.
struct Vanished {
    std::string path;
    File content;
};

/// A directory that `remover` has no more, and whose digest the other side changed.
struct RemovedDirectory {
    std::string path;
    Version remover = Version::ours;
};

struct Survey {
    std::vector<LinkRecord> links; ///< by path_before(); empty unless hard links must be planned
    std::vector<LostEdit> lost_edits;
    std::vector<Vanished> vanished;
    std::vector<RemovedDirectory> removed; ///< a directory before those in it
};

/// Goes over the directories that both sides changed. Those that one side changed are opened only
/// to find its changes to hard links: ours only if theirs has some. They are planned if both sides
/// changed some, or if one did and directories clash. `owners_change` says that those of theirs
/// must be planned in any case.
Survey
survey(DirectoryReader& reader, const Triple<std::optional<Digest>>& roots, bool owners_change);

} // namespace slipway::tree::merging
