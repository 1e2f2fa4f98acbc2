// Help and manual pages, both from the descriptions of the commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace slipway::cli {

/// "message" for "-m,--message".
std::string long_name(const Option& option);

/// "slipway import [OPTIONS] SOURCE BRANCH".
std::string synopsis(const Command& command);

/// The commands, what all of them take, and the exit statuses.
std::string program_help(const std::vector<Command>& commands);

/// All about one command, as plain text of at most 80 columns.
std::string command_help(const Command& command);

/// slipway-COMMAND(1), and slipway(1), as roff.
std::string command_page(const Command& command);
std::string program_page(const std::vector<Command>& commands);

} // namespace slipway::cli
