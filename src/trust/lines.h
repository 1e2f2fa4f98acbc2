// Files of lines, as people write them for OpenSSH. Used inside trust only.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::trust {

/// Calls `use` with each line that is neither empty nor a comment. Errors say which line it was.
template <typename Use>
void for_each_line(std::string_view text, std::string_view file, Use use) {
    std::size_t number = 0;
    const During during([&] { return fmt::format("reading line {} of the {}", number, file); });
    for (const auto line : split(text, '\n')) {
        number += 1;
        const auto content = trimmed(line);
        if (!content.empty() && !content.starts_with('#')) {
            use(content);
        }
    }
}

} // namespace slipway::trust
