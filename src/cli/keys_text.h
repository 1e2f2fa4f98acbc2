// Key sets as people and programs read them.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "trust/key_chain.h"

namespace slipway::cli {

std::string keys_text(const trust::SignedKeySet& set);
nlohmann::json keys_json(const trust::SignedKeySet& set);

} // namespace slipway::cli
