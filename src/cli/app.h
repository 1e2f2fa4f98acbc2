// The program `slipway`: reads the command line and the environment, runs one command.
#pragma once

namespace slipway::cli {

/// Returns the exit status: 0, or by Fault (usage 2, not_found 3, corrupt 4, refused 5,
/// unavailable 6, internal 70).
int run(int argument_count, char** arguments);

} // namespace slipway::cli
