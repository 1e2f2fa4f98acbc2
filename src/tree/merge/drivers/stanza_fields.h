// A stanza as fields, "Name: value", each with the lines that continue it.
#pragma once

#include <optional>
#include <string_view>

#include "tree/merge/drivers/parts.h"

namespace slipway::tree {

/// The fields of a stanza by name, in its order; nothing if it is none, or has a field twice.
std::optional<Parts> parse_fields(std::string_view stanza);

/// The value of a field; empty if there is none.
std::string_view field_value(const Parts& fields, std::string_view name);

/// What a field says: its text without its name.
std::string_view without_name(std::string_view text);

} // namespace slipway::tree
