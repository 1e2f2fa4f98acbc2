// Text of protocols that compares without case.
#pragma once

#include <algorithm>
#include <string_view>

namespace slipway::net {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `prefix` is written in lower case.
constexpr bool starts_without_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char p, char t) {
               return p == lower(t);
           });
}

} // namespace slipway::net
