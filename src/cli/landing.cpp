#include "cli/landing.h"

#include <ctime>

#include <fmt/format.h>

#include "cli/history.h"
#include "cli/merging.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

void take_in(const Invocation& invocation, const Landing& landing) {
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, landing.branch);
    pick(invocation, merging, landing.commit);
    merging.finish(landing.reason);
}

} // namespace

void land(
    const Invocation& invocation, const store::Repository& repository, const Landing& landing
) {
    const auto& [branch, base, commit, reason] = landing;
    const store::MoveNote note{std::time(nullptr), this_user(), reason};
    auto& branches = repository.branches();
    auto at = branches.find(branch);
    if (!at || at->commit == base) {
        const PlannedMove move{branch, at ? std::optional(base) : std::nullopt, commit, reason};
        const auto dry = invocation.flag("dry-run");
        if (dry || branches.move(branch, move.from, commit, note) == store::MoveResult::moved) {
            tell_move(invocation, move, !dry);
            return;
        }
        at = branches.find(branch);
    }
    if (at && is_ancestor(*open_view(invocation), commit, at->commit)) {
        tell_move(invocation, {branch, at->commit, at->commit, reason}, false);
        return;
    }
    if (invocation.flag("dry-run")) {
        take_in(invocation, landing);
        return;
    }
    const auto inbox = fmt::format("inbox/{}/{}", branch, short_id(commit));
    const auto waiting = branches.find(inbox);
    if (!waiting) {
        move_branch(repository, {inbox, std::nullopt, commit, reason});
    }
    flush_output();
    invocation.reporter->notice(fmt::format(
        "{0} has moved meanwhile: what was made is {1}, which is now taken in; if that conflicts, "
        "decide with `slipway cherry-pick {1} --onto {0}`",
        branch,
        inbox
    ));
    take_in(invocation, landing);
    branches.remove(inbox, commit, note);
}

} // namespace slipway::cli
