#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/moves.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

/// Where the branch was, the oldest first, without what has been taken back: a move to a commit it
/// had been at takes back all that came after.
std::vector<Digest> standing_moves(const std::vector<store::Move>& newest_first) {
    std::vector<Digest> standing;
    std::unordered_set<Digest> been;
    const std::vector<store::Move> oldest_first(newest_first.rbegin(), newest_first.rend());
    for (const auto& move : oldest_first) {
        if (!been.insert(move.commit).second) {
            while (standing.back() != move.commit) {
                been.erase(standing.back());
                standing.pop_back();
            }
        } else {
            standing.push_back(move.commit);
        }
    }
    return standing;
}

/// Where the branch was before it came to where it is.
Digest commit_before(sync::View& view, const std::string& branch) {
    const auto standing = standing_moves(view.reflog(branch));
    if (standing.size() < 2) {
        throw Error(
            Fault::not_found, fmt::format("branch '{}' was never at an earlier commit", branch)
        )
            .hint(fmt::format("name one: `slipway log {}` shows them", branch));
    }
    return standing[standing.size() - 2];
}

/// Throws Fault::refused if the branch has never been at `commit` and does not come from it.
void check_earlier(
    sync::View& view, const std::string& branch, const Digest& tip, const Digest& commit
) {
    const auto moves = view.reflog(branch);
    const auto was_there = std::any_of(moves.begin(), moves.end(), [&](const store::Move& move) {
        return move.commit == commit;
    });
    if (!was_there && !is_ancestor(view, commit, tip)) {
        throw Error(
            Fault::refused, fmt::format("{} is no earlier commit of '{}'", commit.hex(), branch)
        )
            .hint("`slipway promote` moves a branch to a commit of another one");
    }
}

int run(const Invocation& invocation) {
    const auto& branch = invocation.value("BRANCH");
    const auto view = open_view_to_write(invocation);
    const auto tip = seen_at(invocation, branch);
    const auto revision = invocation.find("COMMIT");
    const auto target = revision ? sync::resolve(*view, *revision) : commit_before(*view, branch);
    check_earlier(*view, branch, tip, target);
    carry_out(invocation, {branch, tip, target, "rollback"});
    return 0;
}

} // namespace

Command rollback_command() {
    return {
        .name = "rollback",
        .summary = "move a branch back to an earlier commit",
        .description =
            "What follows the branch goes back. Nothing is lost: the move is one more line of the "
            "reflog, and the later commits stay named there.\n\n"
            "Without COMMIT the branch goes to where it was before; again, to where it was before "
            "that. What has been taken back already is left out.",
        .arguments =
            {{"BRANCH", "The branch to move."},
             {"COMMIT", "A commit it was at, or that it came from.", Count::optional}},
        .options = {expect_option(), dry_run_option()},
        .examples =
            {"slipway rollback stable",
             "slipway rollback --dry-run stable stable~3",
             "slipway rollback stable stable@{1}  # take a rollback back"},
        .run = run,
    };
}

} // namespace slipway::cli
