// Completion for bash, made from the commands.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace slipway::cli {

/// A script that completes commands, options, branches, tags, remotes, actions and files, each
/// where it is due.
std::string bash_completion(const std::vector<Command>& commands);

} // namespace slipway::cli
