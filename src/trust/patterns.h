// Patterns of OpenSSH's files (ssh_config(5), PATTERNS): `*` is any text, `?` any character.
#pragma once

#include <string_view>

namespace slipway::trust {

/// Linear in text times pattern.
bool matches_pattern(std::string_view text, std::string_view pattern);

/// True if one of the patterns, separated by commas, matches and none that begins with `!` does.
bool matches_list(std::string_view text, std::string_view patterns);

} // namespace slipway::trust
