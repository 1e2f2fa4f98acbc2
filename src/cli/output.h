// How commands print: ids, times, modes, errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "tree/objects.h"

namespace slipway::cli {

/// The first twelve digits: enough for people.
std::string short_id(const Digest& id);

/// "2026-11-21T02:24:25Z".
std::string utc_time(std::int64_t seconds);

/// "drwxr-xr-x", as ls shows it.
std::string mode_text(const tree::Entry& entry, std::uint32_t mode);

/// "file", "directory", "symlink", ...
std::string_view type_name(const tree::Node& node);

/// {"error": ..., "fault": ..., "context": [...], "hint": ...} on one line.
std::string error_json(const Error& error);

/// Indented, with a newline; bytes that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value);

/// A line that somebody wrote, as a commit's message: what a terminal would obey, and what is not
/// UTF-8, as \xHH; all else as it is.
std::string legible(std::string_view line);

/// Writes `text` to standard output.
void print(std::string_view text);

/// Before waiting: somebody may be reading.
void flush_output();

} // namespace slipway::cli
