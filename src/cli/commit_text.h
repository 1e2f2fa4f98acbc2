// A commit as people and programs read it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/places.h"

namespace slipway::cli {

/// Said of a commit whose parents were left out on purpose.
constexpr std::string_view where_history_ends =
    "history ends here: `slipway pull REPO BRANCH --depth all` fetches what was before";

/// Its id, parents, tree, author, time, facts and message, over several lines.
std::string text_of(const NamedCommit& named);

nlohmann::json json_of(const NamedCommit& named);

/// What --message says, if it was given. Throws Fault::usage if it says nothing.
std::optional<std::string> message_of(const Invocation& invocation);

} // namespace slipway::cli
