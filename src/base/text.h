// Small things done to texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// A JSON string literal with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// The name as a person may read it on a terminal: control characters, backslashes and bytes
/// that are not UTF-8 become `\xHH`.
std::string printable(std::string_view bytes);

/// "1 pack", "2 packs". `plural` is for words that take no s.
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural = {});

/// The parts of `text` between `separator`s; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Without spaces, tabs and newlines at both ends.
std::string_view trimmed(std::string_view text);

/// How many bytes at the start of `text` are one valid UTF-8 character; 0 if none are.
std::size_t utf8_length(std::string_view text);

/// Negative, zero or positive as `a` sorts before, with or after `b` as a version: runs of digits
/// by their number, `~` before everything (Debian's rule).
int compare_versions(std::string_view a, std::string_view b);

} // namespace slipway
