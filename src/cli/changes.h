// What differs between two commits, as people and programs read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/colour.h"
#include "cli/places.h"
#include "tree/diff.h"

namespace slipway::cli {

/// The two trees a command compares.
struct Sides {
    std::optional<Digest> before; ///< nothing: there was no tree before
    Digest after;
};

/// What a commit changed: its first parent's tree and its own, both prepared. Of one that ends the
/// history: nothing and its own.
Sides sides_of_commit(sync::View& view, const tree::Commit& commit);

enum class Renames { pair, leave };
enum class Times { tell, leave };

/// How changes are looked for.
struct ChangeOptions {
    std::string path = "/";
    Renames renames = Renames::pair;
    Times times = Times::tell; ///< leave: what differs in its time alone is left out
};

/// All changes, in the order of their paths.
std::vector<tree::Change>
find_changes(const Contents& contents, const Sides& sides, const ChangeOptions& options);

/// Leaves out what lies in directories that were added or removed whole, and counts it in `inside`.
std::vector<tree::Change> collapsed(std::vector<tree::Change> changes);

/// "M  content, mode 0644->0600  /etc/shadow", with a newline.
std::string line_of(const tree::Change& change, const Palette& palette);

nlohmann::json json_of(const tree::Change& change);

/// A table: by directory, how many entries were added, removed, renamed, changed, how many differ
/// in their time alone, and how many bytes more or less there are. Empty if nothing changed.
std::string stat_of(const std::vector<tree::Change>& changes);
nlohmann::json stat_json(const std::vector<tree::Change>& changes);

} // namespace slipway::cli
