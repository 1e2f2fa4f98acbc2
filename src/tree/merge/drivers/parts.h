// Merging a file that is a list of keyed parts: records, stanzas, fields, lines.
//
// Parts are matched by key, each is merged three-way by itself, and the results are put in order:
// ours, with what theirs adds behind the part it follows there (and behind what ours adds at that
// place), or all by key where both sides are sorted. Time is linear but for the sorting.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

enum class PartKind : char {
    record,    ///< known by its key; of several with one key only the first is merged
    compat,    ///< a NIS line, which rules what follows: no record is put behind it
    loose,     ///< a comment or an empty line: kept, added and removed, never a conflict
    malformed, ///< not understood: kept as it is, and a conflict if only one side has it
};

/// A part of one version. `text` is what is merged, without the newline at its end.
struct Part {
    PartKind kind = PartKind::record;
    std::string key;
    std::string_view text;
};

using Parts = std::vector<Part>;

struct MergedPart {
    PartKind kind = PartKind::record;
    std::string key;
    std::string text;
    bool contested = false; ///< a conflict about it is open
};

using MergedParts = std::vector<MergedPart>;

/// What a family of files says about its parts.
struct PartRules {
    /// What a record is called in conflicts: "user alice". Without it no part can clash.
    std::function<std::string(const std::string& key)> name{};

    /// How a record is shown in a conflict; by default as it is.
    std::function<std::string(std::string_view text)> show{};

    /// Merges a record that both sides changed differently and both still have. By default that is
    /// a conflict.
    std::function<std::string(const std::string& key, const Versions& versions)> merge{};

    /// The order of keys, where files that are sorted by it shall stay so.
    std::function<bool(const std::string& a, const std::string& b)> before{};

    /// Whether removals and a lost order are noted.
    enum class Notes { none, all } notes = Notes::none;
};

MergedParts merge_parts(const Three<Parts>& versions, const PartRules& rules, Judge& judge);

/// A conflict about a value. The side to write.
Side clash(const std::string& what, const Versions& values, Judge& judge);

/// The parts as lines.
std::string join_parts(const MergedParts& parts, bool final_newline);

} // namespace slipway::tree
