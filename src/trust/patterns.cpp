#include "trust/patterns.h"

#include "base/text.h"

namespace slipway::trust {

bool matches_pattern(std::string_view text, std::string_view pattern) {
    constexpr auto none = std::string_view::npos;
    std::size_t at = 0;
    std::size_t rule = 0;
    std::size_t star = none; // the last one seen; only it need give way
    std::size_t covered = 0; // what the text is at if that star takes no more
    while (at < text.size()) {
        if (rule < pattern.size() && pattern[rule] == '*') {
            star = rule;
            rule += 1;
            covered = at;
        } else if (rule < pattern.size() && (pattern[rule] == '?' || pattern[rule] == text[at])) {
            rule += 1;
            at += 1;
        } else if (star != none) {
            covered += 1;
            at = covered;
            rule = star + 1;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', rule) == none;
}

bool matches_list(std::string_view text, std::string_view patterns) {
    bool matched = false;
    for (const auto pattern : split(patterns, ',')) {
        const auto is_negative = pattern.starts_with('!');
        if (matches_pattern(text, pattern.substr(is_negative ? 1 : 0))) {
            if (is_negative) {
                return false;
            }
            matched = true;
        }
    }
    return matched;
}

} // namespace slipway::trust
