#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/places.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::cli {

namespace {

/// What a commit has at the path: by name the entries of the directory, or the one entry under "".
using Entries = std::map<std::string, tree::Entry>;

Entries entries_at(sync::View& view, const tree::Commit& commit, const std::string& path) {
    view.prepare(commit.tree);
    Entries entries;
    const auto found = tree::look_up(view, commit.tree, path);
    if (found && found->directory) {
        for (const auto& entry : found->directory->entries) {
            entries.emplace(entry.name, entry);
        }
    } else if (found) {
        entries.emplace("", *found->entry);
    }
    return entries;
}

/// Goes back through the history with each entry, as long as a parent has it the same.
class Blame {
public:
    Blame(sync::View& view, std::string path) : view_(view), path_(std::move(path)) {}

    /// The commit that made each entry what it is at `start`; perhaps an earlier one did if that
    /// one ends the history.
    std::map<std::string, NamedCommit> run(const NamedCommit& start) {
        const auto entries = entries_at(view_, start.commit, path_);
        if (entries.empty() && !tree::look_up(view_, start.commit.tree, path_)) {
            tree::find(view_, start.commit.tree, path_); // says what is missing
        }
        std::set<std::string> names;
        for (const auto& [name, entry] : entries) {
            names.insert(name);
        }
        carried_[start.id] = std::move(names);
        for (const auto& named : children_first(view_, start.id)) {
            const auto carried = carried_.find(named.id);
            if (carried != carried_.end()) {
                pass_on(named, carried->second);
                carried_.erase(carried);
            }
            if (carried_.empty()) {
                break;
            }
        }
        return std::move(blamed_);
    }

private:
    void pass_on(const NamedCommit& named, std::set<std::string> names) {
        const auto own = entries_at(view_, named.commit, path_);
        for (const auto& parent : named.commit.parents) {
            const auto theirs = entries_at(view_, tree::load_commit(view_, parent), path_);
            std::erase_if(names, [&](const std::string& name) {
                const auto there = theirs.find(name);
                const auto same = there != theirs.end() && there->second == own.at(name);
                if (same) {
                    carried_[parent].insert(name);
                }
                return same;
            });
        }
        for (const auto& name : names) {
            blamed_.emplace(name, named);
        }
    }

    sync::View& view_;
    std::string path_;
    std::map<Digest, std::set<std::string>> carried_; ///< what is still to be found out, by commit
    std::map<std::string, NamedCommit> blamed_;
};

/// The commits blamed at which the history ends: an earlier one may be meant.
std::set<Digest> ends_among(const std::map<std::string, NamedCommit>& blamed) {
    std::set<Digest> ends;
    for (const auto& [name, named] : blamed) {
        if (named.ends_history) {
            ends.insert(named.id);
        }
    }
    return ends;
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto& path = invocation.value("PATH");
    const auto blamed = Blame(*view, path).run(find_commit_or_only_branch(invocation, *view));
    std::size_t width = 0;
    for (const auto& [name, named] : blamed) {
        width = std::max(name.empty() ? path.size() : printable(name).size(), width);
    }
    auto list = nlohmann::json::array();
    for (const auto& [name, named] : blamed) {
        const auto& shown = name.empty() ? path : name;
        if (invocation.json) {
            list.push_back(
                {{"name", shown},
                 {"commit", named.id.hex()},
                 {"author", named.commit.author},
                 {"time", utc_time(named.commit.time)},
                 {"message", named.commit.message},
                 {"ends_history", named.ends_history}}
            );
        } else {
            print(fmt::format(
                "{}  {}  {:<{}}  {}\n",
                short_id(named.id),
                utc_time(named.commit.time),
                printable(shown),
                width,
                legible(title_of(named.commit))
            ));
        }
    }
    if (invocation.json) {
        print(json_text(list));
    }
    for (const auto& id : ends_among(blamed)) {
        invocation.reporter->notice(fmt::format("{}: {}", short_id(id), where_history_ends));
    }
    return 0;
}

} // namespace

Command blame_command() {
    return {
        .name = "blame",
        .summary = "show which commit last changed a path",
        .description =
            "Tells the commit that made the entry what it is: its content or its attributes. Of a "
            "directory, one line for each entry in it; a directory in it has changed where "
            "anything below it has.",
        .arguments =
            {{"PATH", "A file or a directory."},
             {"COMMIT", "Where to begin; else the only branch there is.", Count::optional}},
        .options = {},
        .examples = {"slipway blame /etc/passwd debian", "slipway blame /etc debian"},
        .run = run,
    };
}

} // namespace slipway::cli
