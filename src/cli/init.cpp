#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto root = local_repository(invocation);
    store::create_repository(root);
    if (invocation.json) {
        print(fmt::format("{{\"repository\":{}}}\n", json_string(root.native())));
    } else {
        print(fmt::format("made an empty repository in {}\n", root.native()));
    }
    return 0;
}

} // namespace

Command init_command() {
    return {
        .name = "init",
        .summary = "make an empty repository",
        .description =
            "Makes a repository in the directory that --repo names. The directory must not "
            "exist, or be empty.",
        .arguments = {},
        .options = {},
        .examples = {"slipway --repo /srv/slipway init"},
        .run = run,
    };
}

} // namespace slipway::cli
