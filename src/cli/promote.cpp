#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/moves.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto& from = invocation.value("FROM");
    const auto& to = invocation.value("TO");
    store::check_branch_name(to);
    const auto view = open_view_to_write(invocation);
    const auto commit = find_commit_only(*view, from).id;
    const auto is_there = view->find_branch(to).has_value();
    const auto expected = is_there || invocation.find("expect");
    const auto tip = expected ? std::optional(seen_at(invocation, to)) : std::nullopt;
    if (tip && !invocation.flag("force") && !is_ancestor(*view, *tip, commit)) {
        throw Error(
            Fault::refused, fmt::format("'{}' has commits that '{}' does not come from", to, from)
        )
            .hint(fmt::format(
                "`slipway log {}` shows them; --force leaves them to the reflog alone", to
            ));
    }
    carry_out(invocation, {to, tip, commit, "promote " + from});
    return 0;
}

} // namespace

Command promote_command() {
    return {
        .name = "promote",
        .summary = "move a branch to the very commit that another one is at",
        .description =
            "What was tried on one branch becomes what another one has: the same commit, bit for "
            "bit. The branch is made if there is none. It is left alone if that would take "
            "commits "
            "from it.",
        .arguments =
            {{"FROM", "A branch, a tag or a commit."}, {"TO", "The branch to move, or to make."}},
        .options =
            {expect_option(),
             {.names = "--force", .help = "Move TO even if it has commits that FROM lacks."},
             dry_run_option()},
        .examples = {"slipway promote testing stable"},
        .run = run,
    };
}

} // namespace slipway::cli
