// A program that has this program's terminal, as if it had been started from the shell.
#pragma once

#include <string>
#include <vector>

namespace slipway::sandbox {

/// True if standard input and output are a terminal: somebody sits there.
bool has_terminal();

/// Where output goes. to_error: all of it to standard error, and there is no terminal: standard
/// output is for what this program itself says.
enum class Output { as_is, to_error };

/// Runs `words` (the first is an absolute path) to its end; returns its exit status, or 128 and the
/// signal that ended it.
///
/// With has_terminal() and `as_is` it gets a terminal of its own, whose input and output are
/// carried over, with its size: so nothing that runs in it can type on the real one. Else it gets
/// standard input, output and error as they are. An interrupt (interrupt.h) kills it, and this
/// throws then. What it started must die with it: that is the program's task. Throws
/// Fault::unavailable if it cannot be started.
int run_attached(const std::vector<std::string>& words, Output output);

} // namespace slipway::sandbox
