#include "cli/moves.h"

#include <array>
#include <ctime>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/places.h"
#include "store/heads.h"

namespace slipway::cli {

void tell_move(const Invocation& invocation, const PlannedMove& move, bool happened) {
    if (invocation.json) {
        const auto quoted = [](const std::optional<Digest>& id) {
            return id ? fmt::format("\"{}\"", id->hex()) : "null";
        };
        print(fmt::format(
            R"({{"branch":{},"from":{},"to":{},"moved":{}}})"
            "\n",
            json_string(move.branch),
            quoted(move.from),
            quoted(move.to),
            happened
        ));
    } else if (move.from == move.to) {
        print(fmt::format("{} is at {} already\n", move.branch, short_id(move.to)));
    } else if (!happened) {
        print(fmt::format(
            "{} would {} {}\n",
            move.branch,
            move.from ? fmt::format("move from {} to", short_id(*move.from)) : "be made at",
            short_id(move.to)
        ));
    } else {
        print(fmt::format(
            "{} is at {}{}\n",
            move.branch,
            short_id(move.to),
            move.from ? fmt::format(", it was at {}", short_id(*move.from)) : ""
        ));
    }
}

std::string this_user() {
    const auto* const user = getpwuid(geteuid()); // NOLINT(concurrency-mt-unsafe): before threads.
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return fmt::format(
        "{}@{}", user != nullptr ? user->pw_name : std::to_string(geteuid()), host.data()
    );
}

Option dry_run_option() {
    return {.names = "--dry-run", .help = "Tell what would happen, and change nothing."};
}

Option expect_option() {
    return {
        .names = "--expect",
        .value = "COMMIT",
        .help = "Move the branch only if it is at this commit."};
}

Digest seen_at(const Invocation& invocation, const std::string& branch) {
    const auto view = open_view(invocation);
    const auto found = view->find_branch(branch);
    if (!found) {
        throw Error(Fault::not_found, fmt::format("there is no branch '{}'", printable(branch)))
            .hint("`slipway branches` lists them");
    }
    const auto expected = invocation.find("expect");
    if (expected && sync::resolve(*view, *expected) != found->commit) {
        throw Error(
            Fault::refused, fmt::format("branch '{}' is at {}", branch, found->commit.hex())
        )
            .hint(fmt::format("`slipway reflog {}` tells who moved it", branch));
    }
    return found->commit;
}

void move_branch(const store::Repository& repository, const PlannedMove& move) {
    const store::MoveNote note{std::time(nullptr), this_user(), move.reason};
    if (repository.branches().move(move.branch, move.from, move.to, note) !=
        store::MoveResult::moved) {
        moved_meanwhile(
            move.branch, fmt::format("look at it with `slipway reflog {}`", move.branch)
        );
    }
}

namespace {

/// What the keys refuse is refused in a dry run, too. A commit that was only tried cannot be asked.
void check_signatures(const store::Repository& repository, const PlannedMove& move) {
    if (repository.index().find(move.to)) {
        store::KeyedMoves(repository).permit(move.branch, move.to, std::time(nullptr));
    }
}

} // namespace

void carry_out(const Invocation& invocation, const PlannedMove& move) {
    const auto root = local_repository(invocation);
    store::check_branch_name(move.branch);
    if (move.from == move.to || invocation.flag("dry-run")) {
        if (move.from != move.to) {
            check_signatures(store::Repository(root, store::Access::read_only), move);
        }
        tell_move(invocation, move, false);
        return;
    }
    carry_out(invocation, store::Repository(root, store::Access::read_write), move);
}

void carry_out(
    const Invocation& invocation, const store::Repository& repository, const PlannedMove& move
) {
    const auto happens = move.from != move.to && !invocation.flag("dry-run");
    if (happens) {
        move_branch(repository, move);
    }
    tell_move(invocation, move, happens);
}

void moved_meanwhile(const std::string& branch, const std::string& hint) {
    throw Error(
        Fault::refused, fmt::format("branch '{}' has moved meanwhile; it stays where it is", branch)
    )
        .hint(hint);
}

} // namespace slipway::cli
