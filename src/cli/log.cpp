#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

std::string text_of(const Digest& id, const tree::Commit& commit) {
    auto text = fmt::format("commit {}\n", id.hex());
    for (const auto& parent : commit.parents) {
        text += fmt::format("parent {}\n", parent.hex());
    }
    text += fmt::format("tree   {}\n", commit.tree.hex());
    text += fmt::format("author {}\ntime   {}\n", commit.author, utc_time(commit.time));
    for (const auto& fact : commit.facts) {
        text += fmt::format("fact   {} = {}\n", fact.name, fact.value);
    }
    text += "\n";
    for (const auto line : split(commit.message, '\n')) {
        text += fmt::format("    {}\n", line);
    }
    return text;
}

nlohmann::json json_of(const Digest& id, const tree::Commit& commit) {
    auto parents = nlohmann::json::array();
    for (const auto& parent : commit.parents) {
        parents.push_back(parent.hex());
    }
    auto facts = nlohmann::json::object();
    for (const auto& fact : commit.facts) {
        facts[fact.name] = fact.value;
    }
    return {
        {"commit", id.hex()},
        {"tree", commit.tree.hex()},
        {"parents", parents},
        {"author", commit.author},
        {"time", utc_time(commit.time)},
        {"facts", facts},
        {"message", commit.message}};
}

/// The commit and its ancestors, the newest of those not yet shown first.
int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto start = find_commit_only(*view, invocation.value("COMMIT"));
    const auto limit = invocation.number("limit", 0, UINT64_MAX);
    auto list = nlohmann::json::array();
    std::vector<NamedCommit> waiting{start};
    std::unordered_set<Digest> seen{start.id};
    for (std::size_t shown = 0; !waiting.empty() && (limit == 0 || shown < limit); ++shown) {
        const auto newest =
            std::max_element(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) {
                return a.commit.time < b.commit.time;
            });
        const auto [id, commit] = std::move(*newest);
        waiting.erase(newest);
        if (invocation.json) {
            list.push_back(json_of(id, commit));
        } else {
            print((shown == 0 ? "" : "\n") + text_of(id, commit));
        }
        for (const auto& parent : commit.parents) {
            if (seen.insert(parent).second) {
                waiting.push_back({parent, tree::load_commit(*view, parent)});
            }
        }
    }
    if (invocation.json) {
        print(list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
    return 0;
}

} // namespace

Command log_command() {
    return {
        .name = "log",
        .summary = "show a commit and its history",
        .description =
            "Shows the commit, then the commits it came from, newest first: their trees, "
            "authors, times, facts and messages.",
        .arguments =
            {{"COMMIT", "A branch, an id or a unique prefix of one, BRANCH~2, BRANCH@{1}."}},
        .options =
            {{.names = "-n,--limit",
              .value = "N",
              .help = "Show at most N; 0: all.",
              .fallback = "0"}},
        .examples = {"slipway log debian", "slipway log -n 1 debian~2"},
        .run = run,
    };
}

} // namespace slipway::cli
