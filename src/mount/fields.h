// Small files of named values: `kind`, then a line "name value" each, in /run.
//
// Values are any bytes but NUL: control characters and backslashes are written as \xHH.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace slipway::mount {

using Fields = std::map<std::string, std::string>;

/// `kind` names what the file is and its version: "slipway mount 1".
std::string write_fields(std::string_view kind, const Fields& fields);

/// Throws Fault::corrupt if it is of another kind or not what write_fields() writes.
Fields parse_fields(std::string_view kind, ConstBytes bytes);

/// The value called `name` as a number. Throws Fault::corrupt if it is none.
std::uint64_t number_in(const Fields& fields, const std::string& name);

/// The value called `name`; empty if there is none.
std::string text_in(const Fields& fields, const std::string& name);

} // namespace slipway::mount
