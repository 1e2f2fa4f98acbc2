#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "server/api/resources.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const Interrupts interrupts;
    const store::Repository repository(local_repository(invocation), store::Access::read_only);
    const std::filesystem::path target = invocation.value("DIR");
    std::error_code absent;
    if (std::filesystem::equivalent(target, repository.paths().root, absent)) {
        throw Error(Fault::usage, "a repository cannot be published into itself")
            .hint("name the directory of a web server");
    }
    server::publish(repository, target, *invocation.reporter);
    if (invocation.json) {
        print(fmt::format("{{\"published\":{}}}\n", json_string(target.native())));
    } else {
        print(fmt::format("published to {}\n", target.native()));
    }
    return 0;
}

} // namespace

Command publish_command() {
    return {
        .name = "publish",
        .summary = "write a repository out for any static web server",
        .description =
            "Writes the same resources that `slipway serve` answers as plain files below DIR. "
            "Any web server that knows ranges can serve them: everything works over it "
            "but the boot scripts. Run it again after a change; only what is new is "
            "written, and the branches move last.",
        .arguments = {{"DIR", "The web server's directory."}},
        .options = {},
        .examples = {"slipway publish /var/www/html/slipway"},
        .run = run,
    };
}

} // namespace slipway::cli
