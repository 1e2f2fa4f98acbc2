// Which files one side moved, known by what they hold.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "tree/merge/cursor.h"

namespace slipway::tree::merging {

/// A regular file with content and without other names; null if it is none.
const File* plain_file(const Entry* entry);

/// Where a content went on one side.
struct Move {
    std::size_t removed = 0;
    std::size_t added = 0;
    std::string from; ///< the last that was removed
    std::string to;   ///< the last that was added
    std::optional<Entry> entry{};
};

/// The moves of one side, of the contents that are asked for.
class Moves {
public:
    void want(const Digest& content) { moves_.try_emplace(content); }

    void look(DirectoryReader& reader, const ChangedSubtree& tree);

    /// The move of what was at `path`; null unless it is the only one with that content.
    const Move* find(const std::string& path, const Digest& content) const;

private:
    void take(const std::string& path, const Entry* before, const Entry* after);

    std::unordered_map<Digest, Move> moves_;
};

} // namespace slipway::tree::merging
