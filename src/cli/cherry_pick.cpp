#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/history.h"
#include "cli/merging.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, invocation.value("onto"));
    std::string reason = "cherry-pick";
    for (const auto& revision : invocation.all("COMMIT")) {
        const auto commit = sync::resolve(*view, revision);
        pick(invocation, merging, commit);
        reason += " " + short_id(commit);
    }
    merging.finish(reason);
    return 0;
}

} // namespace

Command cherry_pick_command() {
    auto options = merge_options();
    options.insert(
        options.begin(),
        {{.names = "--onto",
          .value = "BRANCH",
          .help = "The branch that takes the changes in.",
          .count = Count::one},
         mainline_option()}
    );
    return {
        .name = "cherry-pick",
        .summary = "take single changes over onto another branch",
        .description =
            "Takes what each COMMIT changed against its parent, and nothing else of it, onto the "
            "branch, in the order given. Each becomes a commit with the same message, which names "
            "where it came from in its facts. Either all of them arrive or none does.\n\n"
            "Changes merge as `slipway merge` tells.",
        .arguments = {{"COMMIT", "The changes to take over.", Count::some}},
        .options = std::move(options),
        .examples =
            {"slipway cherry-pick lab~1 --onto kiosk",
             "slipway cherry-pick --reassign-ids 3f2a 9c01 --onto kiosk"},
        .run = run,
    };
}

} // namespace slipway::cli
