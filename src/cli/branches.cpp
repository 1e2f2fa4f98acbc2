#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/places.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    auto list = nlohmann::json::array();
    for (const auto& branch : view->branches()) {
        if (invocation.flag("names")) {
            print(printable(branch.name) + "\n"); // a server may say anything
            continue;
        }
        const auto commit = tree::load_commit(*view, branch.commit);
        if (invocation.json) {
            list.push_back(
                {{"name", branch.name},
                 {"commit", branch.commit.hex()},
                 {"sequence", branch.sequence},
                 {"time", utc_time(commit.time)},
                 {"message", commit.message}}
            );
        } else {
            print(fmt::format(
                "{:<24} {}  {}  {}\n",
                printable(branch.name),
                short_id(branch.commit),
                utc_time(commit.time),
                legible(title_of(commit))
            ));
        }
    }
    if (invocation.json) {
        print(list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
    return 0;
}

} // namespace

Command branches_command() {
    return {
        .name = "branches",
        .summary = "list the branches and where they are",
        .description =
            "One line a branch: its name, the commit it is at, when that was made, and the "
            "first line of its message.",
        .arguments = {},
        .options = {{.names = "--names", .help = "Print the names alone."}},
        .examples = {"slipway branches", "slipway --repo http://server:8080 --json branches"},
        .run = run,
    };
}

} // namespace slipway::cli
