// Ending on SIGINT and SIGTERM with nothing left behind.
//
// Work that writes files under temporary names declares an Interrupts. A signal then makes the
// work throw where it tells its progress (Task::advance) or waits for a file; what it had begun is
// removed on the way out, as after any error.
#pragma once

#include <array>
#include <csignal>

namespace slipway {

/// While it lives, SIGINT and SIGTERM end the process only the second time they come. The first
/// time check_interrupt() begins to throw. One at a time; made before any thread starts.
class Interrupts {
public:
    Interrupts();
    ~Interrupts(); ///< the signals do what they did before
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

private:
    std::array<struct sigaction, 2> before_{};
};

/// Throws Fault::unavailable if a signal came while there was an Interrupts. Any thread.
void check_interrupt();

/// The signal that came so, or 0.
int interrupted_by();

} // namespace slipway
