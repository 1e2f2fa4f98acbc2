#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/history.h"
#include "cli/merging.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

void revert(const Invocation& invocation, Merging& merging, const Digest& commit) {
    const auto reverted = merging.load(commit);
    const auto parent = parent_of_change(invocation, commit, reverted);
    if (!parent) {
        throw Error(
            Fault::usage,
            fmt::format("{} is the first commit: nothing was before it", short_id(commit))
        );
    }
    const auto tree = merging.merge(reverted.tree, merging.load(*parent).tree);
    if (tree == merging.load(merging.tip()).tree) {
        invocation.reporter->notice(
            fmt::format("{} is not in here any more: left out", short_id(commit))
        );
        return;
    }
    merging.add(
        {.tree = tree,
         .parents = {merging.tip()},
         .author = this_user(),
         .facts = {{"reverts", commit.hex()}},
         .message = message_of(invocation).value_or("revert: " + title_of(reverted))}
    );
}

int run(const Invocation& invocation) {
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, invocation.value("on"));
    std::string reason = "revert";
    for (const auto& revision : invocation.all("COMMIT")) {
        const auto commit = sync::resolve(*view, revision);
        revert(invocation, merging, commit);
        reason += " " + short_id(commit);
    }
    merging.finish(reason);
    return 0;
}

} // namespace

Command revert_command() {
    auto options = merge_options();
    options.insert(
        options.begin(),
        {{.names = "--on",
          .value = "BRANCH",
          .help = "The branch to take the changes out of.",
          .count = Count::one},
         {.names = "-m,--message", .value = "TEXT", .help = "Else \"revert: \" and the title."},
         mainline_option()}
    );
    return {
        .name = "revert",
        .summary = "take a change out again, and keep what came after it",
        .description =
            "Makes a commit on the branch that undoes what each COMMIT changed, in the order "
            "given. "
            "Later changes stay; where they touched the same things differently, that is a "
            "conflict. `slipway rollback` moves the whole branch back instead.",
        .arguments = {{"COMMIT", "The changes to undo.", Count::some}},
        .options = std::move(options),
        .examples = {"slipway revert lab~3 --on lab"},
        .run = run,
    };
}

} // namespace slipway::cli
