#include "sandbox/attached.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "sandbox/process.h"

namespace slipway::sandbox {

namespace {

constexpr int tick_ms = 100;                      // how soon an interrupt or a new size is noticed
constexpr std::string_view end_of_input = "\x04"; // as typed on a terminal

/// What a process begins with, besides its words.
class Start {
public:
    Start() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t usual;
        sigemptyset(&usual);
        sigaddset(&usual, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes_, &usual);
        flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    }

    ~Start() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    /// A session of its own, whose terminal that one is: a session's leader gets the first that it
    /// opens.
    void at_terminal(const std::string& path) {
        flags_ |= POSIX_SPAWN_SETSID;
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, path.c_str(), O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDERR_FILENO);
    }

    void output_to_error() {
        posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    }

    /// Nothing that is open here, not even what this program was started with.
    void close_others() { posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1); }

    pid_t operator()(const std::vector<std::string>& words) {
        auto texts = words;
        std::vector<char*> pointers;
        for (auto& text : texts) {
            pointers.push_back(text.data());
        }
        pointers.push_back(nullptr);
        posix_spawnattr_setflags(&attributes_, static_cast<short>(flags_));
        pid_t id = 0;
        const auto code =
            posix_spawn(&id, pointers[0], &actions_, &attributes_, pointers.data(), environ);
        if (code != 0) {
            throw Error(
                Fault::unavailable, fmt::format("cannot start {}: {}", words[0], strerror(code))
            );
        }
        return id;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    int flags_ = 0;
};

/// This terminal passes on every key, until it goes.
class RawMode {
public:
    RawMode() {
        tcgetattr(STDIN_FILENO, &before_);
        auto raw = before_;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }

    ~RawMode() { tcsetattr(STDIN_FILENO, TCSADRAIN, &before_); }

    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;

private:
    termios before_{};
};

/// A new terminal, and what carries it over to this one.
class Relay {
public:
    Relay() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (!master_.is_open() || grantpt(master_.get()) != 0 || unlockpt(master_.get()) != 0) {
            throw_errno("cannot make a terminal");
        }
        std::array<char, 64> name{};
        if (ptsname_r(master_.get(), name.data(), name.size()) != 0) {
            throw_errno("cannot name a terminal");
        }
        path_ = name.data();
        termios now{};
        tcgetattr(STDIN_FILENO, &now);
        tcsetattr(master_.get(), TCSANOW, &now);
        follow_size();
    }

    const std::string& path() const { return path_; }

    /// Carries over until the child has ended and all that it wrote has been shown.
    void run(const Process& child) {
        std::array<pollfd, 3> waiting{
            {{STDIN_FILENO, POLLIN, 0}, {master_.get(), POLLIN, 0}, {child.event(), POLLIN, 0}}};
        for (;;) {
            follow_size();
            if (interrupted_by() != 0) {
                child.end();
            }
            if (poll(waiting.data(), waiting.size(), tick_ms) <= 0) {
                continue;
            }
            if (waiting[0].revents != 0 && !carry(STDIN_FILENO, master_.get())) {
                waiting[0].fd = -1;
                write_all(master_.get(), as_bytes(end_of_input), "the terminal");
            }
            if (waiting[1].revents != 0) {
                if (!carry(master_.get(), STDOUT_FILENO)) {
                    waiting[1].fd = -1; // nobody has it open
                }
            } else if (waiting[2].revents != 0) {
                return;
            }
        }
    }

private:
    static bool carry(int from, int to) {
        std::array<std::byte, 16384> buffer{};
        const auto count = read(from, buffer.data(), buffer.size());
        if (count > 0) {
            write_all(to, {buffer.data(), static_cast<std::size_t>(count)}, "the terminal");
        }
        return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
    }

    void follow_size() {
        winsize now{};
        if (ioctl(STDIN_FILENO, TIOCGWINSZ, &now) == 0 &&
            (now.ws_row != size_.ws_row || now.ws_col != size_.ws_col)) {
            size_ = now;
            ioctl(master_.get(), TIOCSWINSZ, &now);
        }
    }

    FileDescriptor master_;
    std::string path_;
    winsize size_{};
};

void wait_for(const Process& child) {
    while (!child.has_ended()) {
        if (interrupted_by() != 0) {
            child.end();
        }
    }
}

int finished(Process& child) {
    const auto status = child.wait();
    check_interrupt();
    return status;
}

} // namespace

bool has_terminal() {
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

int run_attached(const std::vector<std::string>& words, Output output) {
    Start start;
    if (output == Output::to_error) {
        start.output_to_error();
    }
    if (!has_terminal() || output == Output::to_error) {
        start.close_others();
        Process child(start(words), Process::Reach::itself);
        wait_for(child);
        return finished(child);
    }
    Relay relay;
    start.at_terminal(relay.path());
    start.close_others();
    const RawMode raw;
    Process child(start(words), Process::Reach::itself);
    relay.run(child);
    return finished(child);
}

} // namespace slipway::sandbox
