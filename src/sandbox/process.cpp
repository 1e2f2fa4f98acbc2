#include "sandbox/process.h"

#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway::sandbox {

namespace {

constexpr int tick_ms = 100; // how soon an interrupt is noticed
constexpr int signalled = 128;

} // namespace

// By number: the header of glibc 2.36 has the function for C only.
Process::Process(pid_t id, Reach reach)
    : id_(id), reach_(reach), handle_(static_cast<int>(syscall(SYS_pidfd_open, id, 0))) {
    if (!handle_.is_open()) {
        const auto code = errno;
        end();
        wait();
        throw system_error(code, "cannot watch a program");
    }
}

Process::~Process() {
    if (id_ > 0) {
        end();
        wait();
    }
}

void Process::end() const {
    kill(reach_ == Reach::group ? -id_ : id_, SIGKILL);
}

bool Process::has_ended() const {
    pollfd waiting{handle_.get(), POLLIN, 0};
    return poll(&waiting, 1, tick_ms) > 0;
}

int Process::wait() {
    int status = 0;
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return WIFSIGNALED(status) ? signalled + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace slipway::sandbox
