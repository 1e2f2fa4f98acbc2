#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto& name = invocation.value("NAME");
    const auto& revision = invocation.value("COMMIT");
    store::check_branch_name(name);
    const auto view = open_view(invocation);
    const auto commit = find_commit_only(*view, revision);
    if (const auto found = view->find_branch(name); found && found->commit != commit.id) {
        throw Error(
            Fault::refused, fmt::format("there is a branch '{}' at {}", name, found->commit.hex())
        )
            .hint("`slipway promote` moves it forward, `slipway rollback` back");
    } else if (found) {
        carry_out(invocation, {name, found->commit, commit.id, ""});
    } else {
        carry_out(invocation, {name, std::nullopt, commit.id, "branch from " + revision});
    }
    return 0;
}

} // namespace

Command branch_command() {
    return {
        .name = "branch",
        .summary = "make a branch at a commit",
        .description =
            "Makes a branch. A branch that is there already, elsewhere, is left alone. Branches "
            "move by `import`, `promote` and `rollback`.",
        .arguments = {{"NAME", "The new branch."}, {"COMMIT", "Where it begins."}},
        .options = {dry_run_option()},
        .examples = {"slipway branch testing debian", "slipway branch site/berlin debian~2"},
        .run = run,
    };
}

} // namespace slipway::cli
