// What long work tells its user: steps, progress with rate and time left, notices.
//
// Work creates a Task for its time and advances it; a Reporter draws the tasks: as a line that is
// redrawn on a terminal, as plain lines elsewhere, or as JSON lines. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

enum class Unit { items, bytes };

/// What is known of one piece of work at one moment.
struct Progress {
    std::string_view name;
    Unit unit = Unit::items;
    std::uint64_t done = 0;
    std::optional<std::uint64_t> total;
    double seconds = 0; ///< since it began
};

class Reporter {
public:
    virtual ~Reporter() = default;

    virtual void began(const Progress& progress) = 0;
    virtual void advanced(const Progress& progress) = 0;
    virtual void ended(const Progress& progress) = 0;

    /// Something the user should know, though the work goes on.
    virtual void notice(std::string_view text) = 0;

    /// Something only a user who asked for details wants to know.
    virtual void detail(std::string_view text) = 0;
};

/// One piece of work, from construction to destruction.
class Task {
public:
    Task(Reporter& reporter, std::string name, Unit unit, std::optional<std::uint64_t> total = {});
    ~Task();
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    /// Cheap: the reporter hears of it at most ten times a second. Throws if the work was
    /// interrupted (interrupt.h).
    void advance(std::uint64_t amount);

private:
    Progress progress() const;

    Reporter& reporter_;
    std::string name_;
    Unit unit_;
    std::optional<std::uint64_t> total_;
    std::int64_t began_ns_;
    std::atomic<std::uint64_t> done_ = 0;
    std::atomic<std::int64_t> told_ns_;
};

/// Says nothing at all. It has no state: one serves everybody.
Reporter& silent_reporter();

enum class Verbosity { quiet, normal, verbose };

/// A reporter on standard error: redrawn lines if that is a terminal, else plain ones.
std::unique_ptr<Reporter> make_text_reporter(Verbosity verbosity);

/// JSON lines on standard error: {"event":"began|advanced|ended|notice|detail", ...}.
std::unique_ptr<Reporter> make_json_reporter();

/// "1.2 MB": decimal units, three digits.
std::string human_bytes(std::uint64_t bytes);

} // namespace slipway
