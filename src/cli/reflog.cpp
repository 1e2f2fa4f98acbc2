#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

nlohmann::json json_of(const store::Move& move) {
    return {
        {"sequence", move.sequence},
        {"commit", move.commit.hex()},
        {"time", utc_time(move.time)},
        {"who", move.who},
        {"reason", move.reason}};
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto& branch = invocation.value("BRANCH");
    auto moves = view->reflog(branch);
    if (moves.empty()) {
        throw Error(Fault::not_found, fmt::format("there is no branch '{}'", printable(branch)))
            .hint("`slipway branches` lists them");
    }
    const auto limit = invocation.number("limit", 0, UINT64_MAX);
    if (limit != 0) {
        moves.resize(std::min<std::uint64_t>(limit, moves.size()));
    }
    auto list = nlohmann::json::array();
    for (std::size_t ago = 0; ago < moves.size(); ++ago) {
        const auto& move = moves[ago];
        if (invocation.json) {
            list.push_back(json_of(move));
            continue;
        }
        print(fmt::format(
            "{:<20} {}  {}  {}  {}\n",
            fmt::format("{}@{{{}}}", branch, ago),
            short_id(move.commit),
            utc_time(move.time),
            printable(move.who),
            printable(move.reason)
        ));
    }
    if (invocation.json) {
        print(json_text(list));
    }
    return 0;
}

} // namespace

Command reflog_command() {
    return {
        .name = "reflog",
        .summary = "list every move of a branch",
        .description =
            "One line a move, newest first: how to name the commit, the commit, when, who and why. "
            "What a rollback left behind is found here.",
        .arguments = {{"BRANCH", "Which branch."}},
        .options =
            {{.names = "-n,--limit",
              .value = "N",
              .help = "Show at most N; 0: all.",
              .fallback = "0"}},
        .examples = {"slipway reflog stable"},
        .run = run,
    };
}

} // namespace slipway::cli
