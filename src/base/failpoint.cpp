#include "base/failpoint.h"

#include <atomic>
#include <charconv>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway {

namespace {

constexpr int died_at_failpoint = 86;

struct Armed {
    std::string name;
    std::string action = "exit";
    std::atomic<int> arrivals_left = 0;
};

// NOLINTBEGIN(*-avoid-non-const-global-variables): a switch for tests, off in every real run.
std::atomic<bool> any_armed = false;
Armed armed;
// NOLINTEND(*-avoid-non-const-global-variables)

} // namespace

void failpoint(std::string_view name) {
    if (!any_armed.load(std::memory_order_relaxed)) {
        return;
    }
    if ((armed.name != name && armed.name != "*") || armed.arrivals_left.fetch_sub(1) != 1) {
        return;
    }
    if (armed.action == "exit") {
        _exit(died_at_failpoint);
    }
    if (armed.action == "enospc") {
        throw Error(Fault::unavailable, fmt::format("no space left on device at {}", name));
    }
    throw Error(Fault::unavailable, fmt::format("failpoint {}", name));
}

void arm_failpoint(std::string_view text) {
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
        armed.action = text.substr(equals + 1);
        text = text.substr(0, equals);
    }
    int arrivals = 1;
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto number = text.substr(colon + 1);
        const auto result = std::from_chars(number.data(), number.data() + number.size(), arrivals);
        if (result.ec != std::errc() || arrivals < 1) {
            throw Error(Fault::usage, fmt::format("failpoint count '{}' is no number", number));
        }
        text = text.substr(0, colon);
    }
    armed.name = text;
    armed.arrivals_left = arrivals;
    any_armed = true;
}

} // namespace slipway
