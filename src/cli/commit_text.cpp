#include "cli/commit_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/output.h"

namespace slipway::cli {

std::string text_of(const NamedCommit& named) {
    const auto& commit = named.commit;
    auto text = fmt::format("commit {}\n", named.id.hex());
    for (const auto& parent : commit.parents) {
        text += fmt::format("parent {}\n", parent.hex());
    }
    if (named.ends_history) {
        text += fmt::format("{}\n", where_history_ends);
    }
    text += fmt::format("tree   {}\n", commit.tree.hex());
    text += fmt::format("author {}\ntime   {}\n", legible(commit.author), utc_time(commit.time));
    for (const auto& fact : commit.facts) {
        text += fmt::format("fact   {} = {}\n", legible(fact.name), legible(fact.value));
    }
    text += "\n";
    for (const auto line : split(commit.message, '\n')) {
        text += fmt::format("    {}\n", legible(line));
    }
    return text;
}

nlohmann::json json_of(const NamedCommit& named) {
    const auto& commit = named.commit;
    auto parents = nlohmann::json::array();
    for (const auto& parent : commit.parents) {
        parents.push_back(parent.hex());
    }
    auto facts = nlohmann::json::object();
    for (const auto& fact : commit.facts) {
        facts[fact.name] = fact.value;
    }
    return {
        {"commit", named.id.hex()},
        {"tree", commit.tree.hex()},
        {"parents", parents},
        {"author", commit.author},
        {"time", utc_time(commit.time)},
        {"facts", facts},
        {"message", commit.message},
        {"ends_history", named.ends_history}};
}

std::optional<std::string> message_of(const Invocation& invocation) {
    auto message = invocation.find("message");
    if (message && trimmed(*message).empty()) {
        throw Error(Fault::usage, "the message is empty").hint("say what the commit is: -m TEXT");
    }
    return message;
}

} // namespace slipway::cli
