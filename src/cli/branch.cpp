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
    const auto found = view->find_branch(name);
    if (found && found->commit != commit.id) {
        throw Error(
            Fault::refused, fmt::format("there is a branch '{}' at {}", name, found->commit.hex())
        )
            .hint("`slipway promote` moves it forward, `slipway rollback` back");
    }
    const auto from = found ? std::optional(found->commit) : std::nullopt;
    carry_out(invocation, {name, from, commit.id, "branch from " + revision});
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
