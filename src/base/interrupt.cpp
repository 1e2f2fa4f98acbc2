#include "base/interrupt.h"

#include <atomic>

#include "base/error.h"

namespace slipway {

namespace {

constexpr std::array ending{SIGINT, SIGTERM};

// A signal handler can reach nothing else.
std::atomic<int> received = 0; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<int>::is_always_lock_free);

void note_interrupt(int signal) {
    received = signal;
}

} // namespace

Interrupts::Interrupts() {
    struct sigaction action = {};
    action.sa_handler = note_interrupt;
    // Not SA_RESTART: a read that waits for a pipe is to return.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < ending.size(); ++i) {
        sigaction(ending.at(i), &action, &before_.at(i));
        if (before_.at(i).sa_handler == SIG_IGN) {
            sigaction(ending.at(i), &before_.at(i), nullptr); // as nohup has it, or a shell's &
        }
    }
}

Interrupts::~Interrupts() {
    for (std::size_t i = 0; i < ending.size(); ++i) {
        sigaction(ending.at(i), &before_.at(i), nullptr);
    }
}

void check_interrupt() {
    if (received != 0) {
        throw Error(Fault::unavailable, "interrupted; what was begun is removed");
    }
}

int interrupted_by() {
    return received;
}

} // namespace slipway
