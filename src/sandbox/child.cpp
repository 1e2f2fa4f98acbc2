#include "sandbox/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "sandbox/process.h"

namespace slipway::sandbox {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int tick_ms = 100;                  // how soon an interrupt is noticed
constexpr std::chrono::seconds last_words{5}; // how long output is read once the program was killed
constexpr rlim_t most_open_files = 65536;

/// Both ends of a pipe.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw_errno("cannot make a pipe");
        }
        out = FileDescriptor(ends[0]);
        in = FileDescriptor(ends[1]);
    }

    FileDescriptor out;
    FileDescriptor in;
};

void limit(__rlimit_resource what, rlim_t value) {
    const rlimit both{value, value};
    setrlimit(what, &both);
}

/// Between fork and exec, in a process with threads: nothing but system calls.
[[noreturn]] void become(char** words, int null, int output, pid_t parent, const Limits& limits) {
    std::array<char*, 1> no_environment{nullptr};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL); // NOLINT(cert-err33-c): this program ignores it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, limits.memory_bytes);
    limit(RLIMIT_FSIZE, limits.file_bytes);
    limit(RLIMIT_CPU, static_cast<rlim_t>(limits.time.count()));
    limit(RLIMIT_NOFILE, most_open_files);
    if (getppid() == parent && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0) {
        execve(words[0], words, no_environment.data());
    }
    constexpr int not_run = 127;
    _exit(not_run);
}

/// Keeps the beginning and the end of what is too long.
void add_output(std::string& output, std::string_view text) {
    output += text;
    if (output.size() > longest_output) {
        constexpr std::string_view cut = "\n[...]\n";
        const auto begin = longest_output / 4;
        output.replace(begin, output.size() - longest_output + longest_output / 4, cut);
    }
}

/// False at the end of the output.
bool read_more(int descriptor, std::string& output) {
    pollfd waiting{descriptor, POLLIN, 0};
    if (poll(&waiting, 1, tick_ms) <= 0) {
        return true;
    }
    std::array<char, 16384> buffer{};
    const auto count = read(descriptor, buffer.data(), buffer.size());
    if (count > 0) {
        add_output(output, {buffer.data(), static_cast<std::size_t>(count)});
    }
    return count > 0 || (count < 0 && errno == EINTR);
}

Process start(const std::vector<std::string>& words, const Limits& limits, int output) {
    auto texts = words;
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    const auto null = open_file("/dev/null", O_RDWR);
    const auto parent = getpid();
    const auto child = fork();
    if (child == 0) {
        become(pointers.data(), null.get(), output, parent, limits);
    }
    if (child < 0) {
        throw_errno("cannot start a program");
    }
    setpgid(child, child); // here too: whoever is first
    return Process(child, Process::Reach::group);
}

} // namespace

Outcome run_child(const std::vector<std::string>& words, const Limits& limits) {
    if (access(words.at(0).c_str(), X_OK) != 0) {
        throw Error(Fault::unavailable, fmt::format("there is no program {}", words[0]));
    }
    Pipe pipe;
    auto process = start(words, limits, pipe.in.get());
    pipe.in = {};
    Outcome outcome;
    const auto deadline = Clock::now() + limits.time;
    std::optional<Clock::time_point> killed;
    // True while there is time. What it started in a session of its own may outlive it, and keep
    // its output open: that is not waited for.
    const auto goes_on = [&] {
        const auto now = Clock::now();
        outcome.out_of_time = outcome.out_of_time || now > deadline;
        if (outcome.out_of_time || interrupted_by() != 0) {
            process.end();
            killed = killed.value_or(now);
        }
        return !killed || now < *killed + last_words;
    };
    while (read_more(pipe.out.get(), outcome.output) && goes_on()) {
    }
    while (!process.has_ended() && goes_on()) {
    }
    outcome.status = process.wait();
    check_interrupt();
    return outcome;
}

} // namespace slipway::sandbox
