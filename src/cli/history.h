// The history of a commit: its ancestors in an order to be shown, and what they are called.
#pragma once

#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/places.h"
#include "sync/view.h"

namespace slipway::cli {

/// Commits from newer to older: of those whose child has been given, the newest by its time. One
/// that is named by several is given once. Where the history ends on purpose a commit is given
/// without its parents.
class History {
public:
    History(sync::View& view, const Digest& start);

    /// The next commit; nothing after the last.
    std::optional<NamedCommit> next();

private:
    struct IsOlder {
        bool operator()(const NamedCommit& a, const NamedCommit& b) const {
            return a.commit.time < b.commit.time;
        }
    };

    void add(const Digest& id);

    sync::View& view_;
    std::priority_queue<NamedCommit, std::vector<NamedCommit>, IsOlder> waiting_;
    std::unordered_set<Digest> seen_;
};

/// All of a commit's history, no commit before one that came from it. Memory: the whole history.
std::vector<NamedCommit> children_first(sync::View& view, const Digest& start);

/// True if `ancestor` is `commit` or among those it came from.
bool is_ancestor(sync::View& view, const Digest& ancestor, const Digest& commit);

/// True if the entry at `path` is another than in each of the commit's parents; of the first
/// commit, if there is one. Prepares the trees.
bool changes_path(sync::View& view, const tree::Commit& commit, const std::string& path);

/// The branches and tags at each commit: "main", "tag v1".
std::unordered_map<Digest, std::vector<std::string>> names_of_commits(sync::View& view);

/// The first line of a message.
std::string title_of(const tree::Commit& commit);

} // namespace slipway::cli
