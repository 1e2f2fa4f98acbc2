// Going to the background once a service is ready, and waiting there for a signal to end.
#pragma once

#include <chrono>
#include <functional>

namespace slipway::cli {

/// Runs `service` in a child process; the caller waits until the service says it is ready, then
/// returns 0 while it goes on, or until it ends, and returns its exit status.
///
/// Call it before any thread starts. `service` is given what to call when it is ready.
int run_in_background(const std::function<int(const std::function<void()>& ready)>& service);

/// Keeps SIGINT and SIGTERM for wait_for_end(): call it before any thread starts.
void hold_end_signals();

/// Waits for SIGINT or SIGTERM.
void wait_for_end();

/// From now on SIGINT and SIGTERM end the process at once, and after `grace` it ends by itself.
void end_within(std::chrono::seconds grace);

} // namespace slipway::cli
