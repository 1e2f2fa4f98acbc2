// The key sets and head statements of a repository elsewhere (docs/format/http.md), as bytes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sync/mirrors.h"

namespace slipway::sync {

/// Throws Fault::corrupt or refused for what is not to be believed: then the next server is asked.
using AcceptText = std::function<void(const std::string& text)>;

/// Nothing if the repository has no keys.
std::optional<std::string> fetch_key_chain(Mirrors& mirrors, const AcceptText& accept);

/// Nothing if there is no statement of the branch.
std::optional<std::string>
fetch_head_statement(Mirrors& mirrors, std::string_view branch, const AcceptText& accept);

} // namespace slipway::sync
