#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/merging.h"
#include "cli/output.h"
#include "tree/merge_base.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto& branch = invocation.value("BRANCH");
    const auto& revision = invocation.value("onto");
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, branch);
    const auto onto = sync::resolve(*view, revision);
    const auto bases = tree::merge_bases(*view, merging.tip(), onto);
    if (bases.size() != 1) {
        throw Error(
            Fault::refused,
            bases.empty() ? "the two have no commit in common"
                          : "the two have several best common ancestors"
        )
            .hint("`slipway cherry-pick` takes single changes over");
    }
    const auto changes = tree::commits_between(*view, bases.front(), merging.tip());
    if (bases.front() != onto) {
        merging.go_to(onto);
        for (const auto& commit : changes) {
            pick(invocation, merging, commit);
        }
    }
    merging.finish(fmt::format("rebase onto {}", revision));
    return 0;
}

} // namespace

Command rebase_command() {
    auto options = merge_options();
    options.insert(
        options.begin(),
        {{.names = "--onto",
          .value = "COMMIT",
          .help = "What the changes are to follow.",
          .count = Count::one},
         mainline_option()}
    );
    return {
        .name = "rebase",
        .summary = "put the changes of a branch on top of another commit",
        .description = "Takes the commits of BRANCH since it parted from COMMIT over onto COMMIT, "
                       "one by one, and "
                       "moves BRANCH to the last. Its earlier commits stay in the reflog.",
        .arguments = {{"BRANCH", "The branch whose changes are put elsewhere."}},
        .options = std::move(options),
        .examples = {"slipway rebase kiosk --onto debian"},
        .run = run,
    };
}

} // namespace slipway::cli
