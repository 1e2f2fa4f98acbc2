// Conflicts of a merge, on a terminal and in JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "tree/merge/merge.h"
#include "tree/merge/resolutions.h"

namespace slipway::cli {

/// True if there is somebody at a terminal to be asked.
bool can_ask(const Invocation& invocation);

/// Shows each conflict with its path and what the three versions have.
void show_conflicts(
    const Invocation& invocation, const std::vector<tree::MergeConflict>& conflicts
);

/// Throws Fault::refused: `branch` stays where it is.
[[noreturn]] void
refuse_conflicts(const std::string& branch, const std::vector<tree::MergeConflict>& conflicts);

/// Asks about each path and adds the answers to `resolutions`. Throws Fault::refused if the answer
/// is to give up.
void ask_about(const std::vector<tree::MergeConflict>& conflicts, tree::Resolutions& resolutions);

} // namespace slipway::cli
