// A program that is run as the other end of a connection.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/file.h"

namespace slipway::net {

/// A running child process. When this goes the process is given a moment to end by itself, which it
/// does if it sees the end of its input, then it is told to, then made to.
class Program {
public:
    /// None.
    Program() = default;

    ~Program() { end(); }

    Program(Program&& other) noexcept
        : process_(std::exchange(other.process_, -1)), name_(std::move(other.name_)) {}

    Program& operator=(Program&& other) noexcept;

    /// Runs `words[0]`, found on the path, without a shell. Its standard input and output are the
    /// other end of the socket that is returned; standard error stays this process's own.
    /// Throws Fault::unavailable.
    static std::pair<Program, FileDescriptor> start(const std::vector<std::string>& words);

    /// How it ended: "ssh ended with status 255". Empty if it runs on, or there is none.
    std::string last_words();

private:
    Program(pid_t process, std::string name) : process_(process), name_(std::move(name)) {}

    void end() noexcept;
    bool has_ended_within(int milliseconds, int& status) const noexcept;

    pid_t process_ = -1;
    std::string name_;
};

} // namespace slipway::net
