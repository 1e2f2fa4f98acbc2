#include "net/program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway::net {

namespace {

constexpr int moment_ms = 500; ///< to end by itself
constexpr int grace_ms = 2000; ///< to end when told to
constexpr int step_ms = 5;

/// What the child does between fork and exec.
class SpawnSetup {
public:
    explicit SpawnSetup(int socket) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
        posix_spawnattr_init(&attributes_);
        // Signals that this process waits for are no business of the child's.
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }

    ~SpawnSetup() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    SpawnSetup(const SpawnSetup&) = delete;
    SpawnSetup& operator=(const SpawnSetup&) = delete;

    int spawn(pid_t& process, const std::vector<std::string>& words) const {
        std::vector<char*> arguments;
        for (const auto& word : words) {
            // NOLINTNEXTLINE(*-const-cast): exec does not write to its arguments.
            arguments.push_back(const_cast<char*>(word.c_str()));
        }
        arguments.push_back(nullptr);
        return posix_spawnp(
            &process, arguments.front(), &actions_, &attributes_, arguments.data(), environ
        );
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

} // namespace

Program& Program::operator=(Program&& other) noexcept {
    if (this != &other) {
        end();
        process_ = std::exchange(other.process_, -1);
        name_ = std::move(other.name_);
    }
    return *this;
}

std::pair<Program, FileDescriptor> Program::start(const std::vector<std::string>& words) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw_errno("cannot make a pair of sockets");
    }
    FileDescriptor here(ends[0]);
    const FileDescriptor there(ends[1]);
    fcntl(here.get(), F_SETFL, O_NONBLOCK);
    pid_t process = -1;
    const auto code = SpawnSetup(there.get()).spawn(process, words);
    if (code != 0) {
        throw Error(
            Fault::unavailable, fmt::format("cannot run {}: {}", words.front(), std::strerror(code))
        );
    }
    return {Program(process, words.front()), std::move(here)};
}

bool Program::has_ended_within(int milliseconds, int& status) const noexcept {
    for (int waited = 0;; waited += step_ms) {
        const auto ended = waitpid(process_, &status, WNOHANG);
        if (ended == process_ || (ended < 0 && errno != EINTR)) {
            return true;
        }
        if (waited >= milliseconds) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(step_ms));
    }
}

std::string Program::last_words() {
    int status = 0;
    if (process_ < 0 || !has_ended_within(moment_ms, status)) {
        return {};
    }
    process_ = -1;
    return WIFSIGNALED(status) ? fmt::format("{} was ended by signal {}", name_, WTERMSIG(status))
                               : fmt::format("{} ended with status {}", name_, WEXITSTATUS(status));
}

void Program::end() noexcept {
    int status = 0;
    if (process_ < 0 || has_ended_within(moment_ms, status)) {
        return;
    }
    kill(process_, SIGTERM);
    if (!has_ended_within(grace_ms, status)) {
        kill(process_, SIGKILL);
        waitpid(process_, &status, 0);
    }
}

} // namespace slipway::net
