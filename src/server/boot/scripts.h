// The shell scripts of the initramfs, embedded at build time from initramfs/ (embed.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace slipway::server::boot {

struct Script {
    std::string_view path; ///< within the initramfs: "init", "lib/slipway/network.sh"
    std::string_view text;
};

/// All of them, by path. They are executable.
const std::vector<Script>& scripts();

} // namespace slipway::server::boot
