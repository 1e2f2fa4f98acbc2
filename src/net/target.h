// The request target of HTTP: where a request wants to go, out of hostile text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::net {

struct Target {
    std::string path;                         ///< decoded; starts with '/'
    std::map<std::string, std::string> query; ///< decoded; of equal names the last counts
};

/// The text with every %XX replaced by its byte. Nothing if an escape is cut short or not
/// hexadecimal, or if the result would hold a NUL.
std::optional<std::string> percent_decoded(std::string_view text);

/// The text as it may stand in a path: everything but letters, digits, '/' and "-._~" as %XX.
std::string percent_encoded(std::string_view text);

/// Reads "/path?query" or "http://authority/path?query".
///
/// Nothing if it is neither, and for every path that a handler could mistake for another:
/// components
/// "." and ".." (encoded or not), empty components, encoded slashes, backslashes, control
/// characters. One slash at the end is kept. '+' in a query is a plus.
std::optional<Target> parse_target(std::string_view text);

} // namespace slipway::net
