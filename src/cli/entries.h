// Entries of trees as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "tree/objects.h"

namespace slipway::cli {

/// Name, type, attributes and what the type has besides; `attributes` are those of the entry, or of
/// the directory it names.
nlohmann::json entry_json(const tree::Entry& entry, const tree::Attributes& attributes);

} // namespace slipway::cli
