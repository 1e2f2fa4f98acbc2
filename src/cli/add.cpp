#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/working.h"
#include "sandbox/package_manager.h"

namespace slipway::cli {

namespace {

sandbox::PackageManager manager_of(const Working& working) {
    tree::TreeReader tree(working.contents(), working.tree());
    auto manager = sandbox::find_package_manager(tree);
    if (!manager) {
        throw Error(Fault::unavailable, "the system has no package manager that is known")
            .hint(
                "known are apt, dnf, zypper, apk and pacman; `slipway shell` lets you work by hand"
            );
    }
    return *std::move(manager);
}

void work(
    const Invocation& invocation,
    Working& working,
    const sandbox::Commands& commands,
    const std::string& what
) {
    working.carry_out(what, [&](const RunProgram& run) {
        return run_all(invocation, run, commands, working);
    });
}

int add(const Invocation& invocation) {
    Working working(invocation, invocation.value("BRANCH"), Working::Publishing::ask);
    const auto packages = invocation.all("PACKAGE");
    const auto manager = manager_of(working);
    const auto commands = sandbox::commands_to_add(manager, packages);
    const auto what = fmt::format("{} install {}", manager.name, fmt::join(packages, " "));
    work(invocation, working, commands, what);
    return 0;
}

int upgrade(const Invocation& invocation) {
    Working working(invocation, invocation.value("BRANCH"), Working::Publishing::ask);
    const auto manager = manager_of(working);
    work(invocation, working, manager.upgrade, fmt::format("{} upgrade", manager.name));
    return 0;
}

constexpr const char* how =
    "It is the system's own package manager that works: apt, dnf, zypper, apk or pacman, as "
    "`slipway "
    "run` would run it. Then it is told what changed by package, and how much machines will fetch; "
    "on a terminal it is asked whether the branch should move to it.";

} // namespace

Command add_command() {
    return {
        .name = "add",
        .summary = "install packages in a system, and commit that",
        .description = how,
        .arguments =
            {{"BRANCH", "The system; its branch moves to the new commit."},
             {"PACKAGE", "What to install, as the package manager calls it.", Count::many}},
        .options = working_options(),
        .examples = {"slipway add lab gimp inkscape -m 'drawing programs'"},
        .run = add,
    };
}

Command upgrade_command() {
    return {
        .name = "upgrade",
        .summary = "upgrade a system's packages, and commit that",
        .description = how,
        .arguments = {{"BRANCH", "The system; its branch moves to the new commit."}},
        .options = working_options(),
        .examples = {"slipway upgrade lab --verify -y"},
        .run = upgrade,
    };
}

} // namespace slipway::cli
