// A program run to its end, within limits, and what it printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::sandbox {

struct Limits {
    std::chrono::seconds time{300};
    std::uint64_t memory_bytes = 4ULL << 30U; ///< of each process, by address space
    std::uint64_t file_bytes = 4ULL << 30U;   ///< of each file that it writes
};

/// More output than this loses its middle.
constexpr std::size_t longest_output = 8U << 20U;

struct Outcome {
    int status = 0;           ///< the exit status, or 128 and the signal that ended it
    bool out_of_time = false; ///< it was killed for that
    std::string output;       ///< standard output and error, as they came

    bool succeeded() const { return status == 0 && !out_of_time; }
};

/// Runs `words` (the first is an absolute path) with an empty environment, no standard input and no
/// other open file, not even one that this program was started with.
/// The program is killed when its time is over, when an interrupt comes (interrupt.h; this throws
/// then) and when this thread dies. What it started must die with it: that is the program's task.
/// What does not is no longer heard soon after.
/// Throws Fault::unavailable if there is no such program.
Outcome run_child(const std::vector<std::string>& words, const Limits& limits);

} // namespace slipway::sandbox
