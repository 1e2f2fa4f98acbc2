#include "trust/times.h"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::trust {

namespace {

constexpr std::size_t date_digits = 8;
constexpr std::size_t minute_digits = 12;
constexpr std::size_t second_digits = 14;
constexpr int first_tm_year = 1900;
constexpr std::uint64_t end_of_years = 253402300800; // 10000-01-01

int part(std::string_view digits, std::size_t at, std::size_t length) {
    int value = 0;
    for (const auto digit : digits.substr(std::min(at, digits.size()), length)) {
        value = value * 10 + (digit - '0');
    }
    return value;
}

bool is_real(const std::tm& time) {
    using namespace std::chrono;
    const year_month_day date(
        year(time.tm_year + first_tm_year),
        month(static_cast<unsigned>(time.tm_mon + 1)),
        day(static_cast<unsigned>(time.tm_mday))
    );
    return date.ok() && time.tm_hour < 24 && time.tm_min < 60 && time.tm_sec < 60;
}

} // namespace

std::int64_t parse_time(std::string_view text) {
    const Error wrong(
        Fault::corrupt,
        fmt::format("'{}' is no time of the form YYYYMMDDHHMM[SS][Z]", printable(text))
    );
    const auto is_utc = text.ends_with('Z');
    const auto digits = text.substr(0, text.size() - (is_utc ? 1 : 0));
    const auto size = digits.size();
    if (digits.find_first_not_of("0123456789") != std::string_view::npos ||
        (size != date_digits && size != minute_digits && size != second_digits)) {
        throw Error(wrong);
    }
    std::tm time{};
    time.tm_year = part(digits, 0, 4) - first_tm_year;
    time.tm_mon = part(digits, 4, 2) - 1;
    time.tm_mday = part(digits, 6, 2);
    time.tm_hour = part(digits, 8, 2);
    time.tm_min = part(digits, 10, 2);
    time.tm_sec = part(digits, 12, 2);
    time.tm_isdst = -1;
    if (!is_real(time)) {
        throw Error(wrong);
    }
    return is_utc ? timegm(&time) : mktime(&time);
}

std::string time_text(std::uint64_t seconds) {
    if (seconds >= end_of_years) {
        return "for ever";
    }
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        parts.tm_year + first_tm_year,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec
    );
}

} // namespace slipway::trust
