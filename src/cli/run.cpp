#include "base/text.h"
#include "cli/commands.h"
#include "cli/working.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    Working working(invocation, invocation.value("BRANCH"), Working::Publishing::at_once);
    const auto words = invocation.all("COMMAND");
    working.carry_out(command_text(words), [&](const RunProgram& run) {
        return run_all(invocation, run, {words}, working);
    });
    return 0;
}

} // namespace

Command run_command() {
    return {
        .name = "run",
        .summary = "run a command in a system, and commit what it changed",
        .description =
            "Runs COMMAND in the system of BRANCH, as root, and makes a commit of what it wrote. "
            "Nothing is checked out: the system is mounted as a machine would, with a layer over "
            "it "
            "for what is written. If the command fails, nothing has changed; on a terminal there "
            "is "
            "a shell to look first.\n\n"
            "The command sees the system alone, with an empty /tmp and /run, no devices, and no "
            "processes around it. It has this machine's network and its name servers, unless "
            "--no-network is given. Services are not started. Downloaded packages, lists of "
            "packages, logs, temporary files, the machine's id and histories of shells do not get "
            "into the commit (--keep-all: they do).\n\n"
            "If the branch moves meanwhile, the change is merged into it. If that conflicts, it is "
            "kept as a branch inbox/BRANCH/COMMIT.\n\n"
            "It needs root, bubblewrap, FUSE, loop devices and overlayfs. Whoever made the system "
            "has their programs run as root here, in a sandbox: do it with systems you trust.",
        .arguments =
            {{"BRANCH", "The system; its branch moves to the new commit."},
             {"COMMAND", "What to run, after --.", Count::many}},
        .options = working_options(),
        .examples =
            {"slipway run lab -m 'no motd' -- rm /etc/motd",
             "slipway run lab --bind /srv/debs -m 'our package' -- dpkg -i /srv/debs/lab.deb"},
        .run = run,
    };
}

} // namespace slipway::cli
