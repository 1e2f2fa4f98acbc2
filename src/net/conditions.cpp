#include "net/conditions.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "net/ascii.h"

namespace slipway::net {

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

/// Decimal digits only, at least one; a number too large becomes the largest.
std::optional<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (largest - digit) / 10 ? largest : value * 10 + digit;
    }
    return value;
}

/// What follows "bytes" (in any case) and `separator`.
std::optional<std::string_view> after_unit(std::string_view text, char separator) {
    constexpr std::string_view unit = "bytes";
    if (!starts_without_case(text, unit) || text.size() == unit.size() ||
        text[unit.size()] != separator) {
        return std::nullopt;
    }
    return text.substr(unit.size() + 1);
}

RangeAnswer last_bytes(std::string_view count_text, std::uint64_t size) {
    const auto count = parse_number(count_text);
    if (!count || (size == 0 && *count > 0)) {
        return {};
    }
    if (*count == 0) {
        return {RangeAnswer::Kind::unsatisfiable, {}};
    }
    const auto length = std::min(*count, size);
    return {RangeAnswer::Kind::part, {size - length, length}};
}

} // namespace

RangeAnswer parse_range(std::string_view header, std::uint64_t size) {
    const auto spec = after_unit(trimmed(header), '=');
    const auto dash = spec ? spec->find('-') : std::string_view::npos;
    if (dash == std::string_view::npos) {
        return {};
    }
    const auto last_text = trimmed(spec->substr(dash + 1));
    const auto first_text = trimmed(spec->substr(0, dash));
    if (first_text.empty()) {
        return last_bytes(last_text, size);
    }
    const auto first = parse_number(first_text);
    const auto last = last_text.empty() ? largest : parse_number(last_text);
    if (!first || !last || *last < *first) {
        return {};
    }
    if (*first >= size) {
        return {RangeAnswer::Kind::unsatisfiable, {}};
    }
    return {RangeAnswer::Kind::part, {*first, std::min(*last, size - 1) - *first + 1}};
}

std::optional<ByteRange> parse_content_range(std::string_view header) {
    const auto spec = after_unit(trimmed(header), ' ');
    if (!spec) {
        return std::nullopt;
    }
    const auto dash = spec->find('-');
    const auto slash = spec->find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
        return std::nullopt;
    }
    const auto first = parse_number(spec->substr(0, dash));
    const auto last = parse_number(spec->substr(dash + 1, slash - dash - 1));
    const auto size_text = spec->substr(slash + 1);
    const auto size = size_text == "*" ? largest : parse_number(size_text);
    if (!first || !last || !size || *last < *first || *last >= *size) {
        return std::nullopt;
    }
    return ByteRange{*first, *last - *first + 1};
}

bool names_etag(std::string_view header, std::string_view etag) {
    if (etag.empty()) {
        return false;
    }
    if (trimmed(header) == "*") {
        return true;
    }
    for (auto item : split(header, ',')) {
        item = trimmed(item);
        if (item.starts_with("W/")) {
            item.remove_prefix(2);
        }
        if (item.size() == etag.size() + 2 && item.front() == '"' && item.back() == '"' &&
            item.substr(1, etag.size()) == etag) {
            return true;
        }
    }
    return false;
}

} // namespace slipway::net
