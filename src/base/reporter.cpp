#include "base/reporter.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <mutex>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/text.h"

namespace slipway {

namespace {

constexpr std::int64_t telling_interval_ns = 100'000'000;

std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::string amount(Unit unit, std::uint64_t count) {
    return unit == Unit::bytes ? human_bytes(count) : fmt::format("{}", count);
}

std::string clock_time(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::lround(seconds));
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// "importing: 12 MB of 99 MB (12 %), 4.1 MB/s, 0:21 left".
std::string line_of(const Progress& progress) {
    auto line = fmt::format("{}: {}", progress.name, amount(progress.unit, progress.done));
    const auto rate =
        progress.seconds > 0 ? static_cast<double>(progress.done) / progress.seconds : 0;
    if (progress.total && *progress.total > 0) {
        line += fmt::format(
            " of {} ({} %)",
            amount(progress.unit, *progress.total),
            100 * progress.done / *progress.total
        );
    }
    line += fmt::format(", {}/s", amount(progress.unit, static_cast<std::uint64_t>(rate)));
    if (progress.total && *progress.total > progress.done && rate > 0) {
        const auto left = static_cast<double>(*progress.total - progress.done);
        line += fmt::format(", {} left", clock_time(left / rate));
    }
    return line;
}

std::string summary_of(const Progress& progress) {
    return fmt::format(
        "{}: {} in {:.1f} s", progress.name, amount(progress.unit, progress.done), progress.seconds
    );
}

void put(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

class TextReporter final : public Reporter {
public:
    TextReporter(Verbosity verbosity, bool on_terminal)
        : verbosity_(verbosity), on_terminal_(on_terminal) {}

    ~TextReporter() override { clear(); }

    void began(const Progress& progress) override { advanced(progress); }

    void advanced(const Progress& progress) override {
        if (!on_terminal_ || verbosity_ == Verbosity::quiet) {
            return;
        }
        const std::scoped_lock held(mutex_);
        winsize size = {};
        const auto known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
        const std::size_t width = known ? size.ws_col - 1U : 79;
        put("\r\x1b[K" + line_of(progress).substr(0, width));
        line_open_ = true;
    }

    void ended(const Progress& progress) override {
        if (verbosity_ == Verbosity::quiet) {
            return;
        }
        const std::scoped_lock held(mutex_);
        clear();
        put(summary_of(progress) + "\n");
    }

    void notice(std::string_view text) override {
        const std::scoped_lock held(mutex_);
        clear();
        put(fmt::format("notice: {}\n", text));
    }

    void detail(std::string_view text) override {
        if (verbosity_ == Verbosity::verbose) {
            const std::scoped_lock held(mutex_);
            clear();
            put(fmt::format("{}\n", text));
        }
    }

private:
    void clear() {
        if (line_open_) {
            put("\r\x1b[K");
            line_open_ = false;
        }
    }

    Verbosity verbosity_;
    bool on_terminal_;
    std::mutex mutex_;
    bool line_open_ = false;
};

class JsonReporter final : public Reporter {
public:
    void began(const Progress& progress) override { tell("began", progress); }

    void advanced(const Progress& progress) override { tell("advanced", progress); }

    void ended(const Progress& progress) override { tell("ended", progress); }

    void notice(std::string_view text) override { say("notice", text); }

    void detail(std::string_view text) override { say("detail", text); }

private:
    static void tell(std::string_view event, const Progress& progress) {
        const auto total = progress.total ? fmt::format("{}", *progress.total) : "null";
        put(fmt::format(
            R"({{"event":"{}","name":{},"unit":"{}","done":{},"total":{},"seconds":{:.3f}}})"
            "\n",
            event,
            json_string(progress.name),
            progress.unit == Unit::bytes ? "bytes" : "items",
            progress.done,
            total,
            progress.seconds
        ));
    }

    static void say(std::string_view event, std::string_view text) {
        put(fmt::format("{{\"event\":\"{}\",\"text\":{}}}\n", event, json_string(text)));
    }
};

class SilentReporter final : public Reporter {
public:
    void began(const Progress&) override {}

    void advanced(const Progress&) override {}

    void ended(const Progress&) override {}

    void notice(std::string_view) override {}

    void detail(std::string_view) override {}
};

} // namespace

Task::Task(Reporter& reporter, std::string name, Unit unit, std::optional<std::uint64_t> total)
    : reporter_(reporter), name_(std::move(name)), unit_(unit), total_(total), began_ns_(now_ns()),
      told_ns_(began_ns_) {
    reporter_.began(progress());
}

Task::~Task() {
    reporter_.ended(progress());
}

void Task::advance(std::uint64_t amount) {
    check_interrupt();
    done_.fetch_add(amount, std::memory_order_relaxed);
    auto told = told_ns_.load(std::memory_order_relaxed);
    const auto now = now_ns();
    if (now - told >= telling_interval_ns && told_ns_.compare_exchange_strong(told, now)) {
        reporter_.advanced(progress());
    }
}

Progress Task::progress() const {
    return {name_, unit_, done_.load(), total_, static_cast<double>(now_ns() - began_ns_) / 1e9};
}

Reporter& silent_reporter() {
    static SilentReporter reporter;
    return reporter;
}

std::unique_ptr<Reporter> make_text_reporter(Verbosity verbosity) {
    return std::make_unique<TextReporter>(verbosity, isatty(STDERR_FILENO) == 1);
}

std::unique_ptr<Reporter> make_json_reporter() {
    return std::make_unique<JsonReporter>();
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 7> units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit) {
        value /= 1000;
    }
    const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f} {}", value, decimals, units.at(unit));
}

} // namespace slipway
