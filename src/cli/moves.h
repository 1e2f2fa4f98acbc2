// Moving a branch: who does it, and only from where it was seen.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "store/repository.h"

namespace slipway::cli {

/// "root@server".
std::string this_user();

/// A branch that is to move.
struct PlannedMove {
    std::string branch;
    std::optional<Digest> from; ///< where it was seen; nothing: there is none yet
    Digest to;
    std::string reason; ///< for the reflog
};

/// The options every command takes that moves a branch.
Option dry_run_option();
Option expect_option();

/// Where `branch` is. Throws Fault::not_found if there is none, refused if it is not where --expect
/// says.
Digest seen_at(const Invocation& invocation, const std::string& branch);

/// Moves the branch and tells it; with --dry-run only tells what would happen. Throws
/// Fault::refused if the branch has moved meanwhile.
void carry_out(const Invocation& invocation, const PlannedMove& move);

/// As carry_out(), in a repository that is open already.
void carry_out(
    const Invocation& invocation, const store::Repository& repository, const PlannedMove& move
);

/// Shows a move that happened, or would have.
void tell_move(const Invocation& invocation, const PlannedMove& move, bool happened);

/// Moves the branch, whoever asks for it. Throws Fault::refused if it has moved meanwhile.
void move_branch(const store::Repository& repository, const PlannedMove& move);

/// Throws Fault::refused: the branch is where somebody else moved it. `hint` says what to do.
[[noreturn]] void moved_meanwhile(const std::string& branch, const std::string& hint);

} // namespace slipway::cli
