#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/conflicts.h"
#include "cli/working.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    Working working(invocation, invocation.value("BRANCH"), Working::Publishing::ask);
    const auto shell = shell_of(working.contents(), working.tree());
    working.carry_out("a shell", [&](const RunProgram& run) {
        const auto status = run(shell);
        // What a person typed last says nothing; a script's status does.
        if (status != 0 && !can_ask(invocation)) {
            throw Error(
                Fault::refused,
                fmt::format("the shell ended with status {}; nothing has changed", status)
            );
        }
        return Verdict::commit;
    });
    return 0;
}

} // namespace

Command shell_command() {
    return {
        .name = "shell",
        .summary = "change a system in a shell, and commit what was changed",
        .description =
            "Opens a shell in the system of BRANCH, as root. When it ends, what was changed is "
            "shown, and on a terminal it is asked whether the branch should move to it.\n\n"
            "Without a terminal the shell reads commands from standard input; if it ends with a "
            "status other than 0, nothing has changed.\n\n"
            "What the shell sees and what is left out is as `slipway run` tells.",
        .arguments = {{"BRANCH", "The system; its branch moves to the new commit."}},
        .options = working_options(),
        .examples =
            {"slipway shell lab", "slipway shell lab -m 'greeting' <<< 'echo welcome > /etc/motd'"},
        .run = run,
    };
}

} // namespace slipway::cli
