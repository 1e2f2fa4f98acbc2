#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/merging.h"
#include "cli/output.h"
#include "tree/merge_base.h"

namespace slipway::cli {

namespace {

/// True if the commit merged nothing but what `onto` has as well.
bool only_took_in(sync::View& view, const Digest& onto, const tree::Commit& commit) {
    const auto& parents = commit.parents;
    return parents.size() > 1 &&
           std::all_of(parents.begin() + 1, parents.end(), [&](const Digest& parent) {
               return is_ancestor(view, parent, onto);
           });
}

/// The change of a merge that took in what is there already: what it has that merging its parents
/// does not give.
void pick_merge(const Invocation& invocation, Merging& merging, const Digest& commit) {
    const auto base = merging.merged(merging.load(commit).parents);
    if (!base.tree) {
        throw Error(
            Fault::refused,
            fmt::format(
                "{} is a merge of commits that conflict at {}",
                short_id(commit),
                printable(base.conflicts.front().path)
            )
        )
            .hint("--mainline 1 takes over all that it has and its first parent has not");
    }
    pick(invocation, merging, commit, base.tree);
}

int run(const Invocation& invocation) {
    const auto& branch = invocation.value("BRANCH");
    const auto& revision = invocation.value("onto");
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, branch);
    const auto onto = sync::resolve(*view, revision);
    const auto line = tree::line_since(*view, onto, merging.tip());
    if (line.fork != onto) {
        merging.go_to(onto);
        for (const auto& commit : line.commits) {
            if (!invocation.find("mainline") && only_took_in(*view, onto, merging.load(commit))) {
                pick_merge(invocation, merging, commit);
            } else {
                pick(invocation, merging, commit);
            }
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
        .description =
            "Takes the commits of BRANCH since it parted from COMMIT over onto COMMIT, one by one, "
            "and moves BRANCH to the last. Its earlier commits stay in the reflog.\n\n"
            "Where the branch merged what COMMIT has already, only what was done in that merge "
            "besides counts, and nothing is left of most. Other merges need --mainline.",
        .arguments = {{"BRANCH", "The branch whose changes are put elsewhere."}},
        .options = std::move(options),
        .examples = {"slipway rebase kiosk --onto debian"},
        .run = run,
    };
}

} // namespace slipway::cli
