#include "cli/daemon.h"

#include <csignal>
#include <cstdio>
#include <iostream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace slipway::cli {

namespace {

sigset_t end_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

/// The caller's terminal and pipes are not held open by a service that outlives it.
void let_go_of_the_caller() {
    const auto nowhere = open_file("/dev/null", O_RDWR);
    for (const auto stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        dup2(nowhere.get(), stream);
    }
}

} // namespace

int run_in_background(const std::function<int(const std::function<void()>& ready)>& service) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_errno("cannot make a pipe");
    }
    const FileDescriptor listening(ends[0]);
    FileDescriptor telling(ends[1]);
    const auto child = fork();
    if (child < 0) {
        throw_errno("cannot start a process");
    }
    if (child == 0) {
        setsid();
        return service([&] {
            std::cout.flush();
            write_all(telling.get(), as_bytes("1"), "the pipe");
            telling = FileDescriptor();
            let_go_of_the_caller();
        });
    }
    telling = FileDescriptor();
    Buffer word(1);
    if (read_some(listening.get(), word, "the pipe") == 1) {
        return 0;
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}

void hold_end_signals() {
    const auto signals = end_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_end() {
    const auto signals = end_signals();
    int received = 0;
    sigwait(&signals, &received);
}

void end_within(std::chrono::seconds grace) {
    // A handler that is at work cannot be stopped, and whoever asked for the end shall have it.
    std::signal(SIGALRM, [](int) { _exit(0); }); // NOLINT(cert-err33-c): it cannot fail.
    alarm(static_cast<unsigned>(grace.count()));
    const auto signals = end_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

} // namespace slipway::cli
