#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

Command find(const std::string& name) {
    const auto commands = all_commands();
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
        return command.name == name;
    });
    if (found == commands.end()) {
        throw unknown_command(name);
    }
    return *found;
}

int run_help(const Invocation& invocation) {
    if (const auto name = invocation.find("COMMAND")) {
        print(command_help(find(*name)));
        return 0;
    }
    print(program_help(all_commands()));
    return 0;
}

int run_man(const Invocation& invocation) {
    const auto name = invocation.find("COMMAND");
    print(name ? command_page(find(*name)) : program_page(all_commands()));
    return 0;
}

} // namespace

Command help_command() {
    return {
        .name = "help",
        .summary = "show the commands, or all about one",
        .description = "",
        .arguments = {{"COMMAND", "The command to explain.", Count::optional}},
        .options = {},
        .examples = {"slipway help import"},
        .run = run_help,
    };
}

Command version_command() {
    return {
        .name = "version",
        .summary = "show the version",
        .description = "",
        .arguments = {},
        .options = {},
        .examples = {},
        .run =
            [](const Invocation& invocation) {
                print(
                    invocation.json ? fmt::format("{{\"version\":\"{}\"}}\n", SLIPWAY_VERSION)
                                    : fmt::format("slipway {}\n", SLIPWAY_VERSION)
                );
                return 0;
            },
    };
}

Command completion_command() {
    return {
        .name = "completion",
        .summary = "print the completion for bash",
        .description = "Completes commands, options, branches, tags, remotes and files.",
        .arguments = {},
        .options = {},
        .examples = {"slipway completion > /etc/bash_completion.d/slipway"},
        .run =
            [](const Invocation&) {
                print(bash_completion(all_commands()));
                return 0;
            },
    };
}

Command man_command() {
    return {
        .name = "man",
        .summary = "print a manual page as roff",
        .description = "The same text as `slipway help`, for man(1).",
        .arguments = {{"COMMAND", "The command; else slipway itself.", Count::optional}},
        .options = {},
        .examples = {"slipway man import | man -l -"},
        .run = run_man,
    };
}

} // namespace slipway::cli
