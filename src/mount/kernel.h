// What the mounting code asks of the running system: modules, device nodes, settings of a device.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/reporter.h"

namespace slipway::mount {

/// Throws Fault::refused unless this process is root. `what` needs it: "a block device".
void require_root(std::string_view what);

/// Asks modprobe for a module. Nothing happens where there is none, or no such module.
void load_module(const char* name);

/// /dev/`name`, made with the number that the kernel gives it where no device manager made it.
std::filesystem::path device_node(const std::string& name);

/// /sys/block/`device`/`setting` without its newline; nothing if there is none.
std::optional<std::string> block_setting(const std::string& device, std::string_view setting);

/// Writes it; a kernel that refuses is told to the reporter as a detail.
void set_block_setting(
    const std::string& device, std::string_view setting, std::string_view value, Reporter& reporter
);

} // namespace slipway::mount
