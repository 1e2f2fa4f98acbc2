#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/output.h"
#include "cli/package_changes.h"
#include "cli/places.h"
#include "cli/signing.h"

namespace slipway::cli {

namespace {

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto named = find_commit_or_only_branch(invocation, *view);
    const auto sides = sides_of_commit(*view, named.commit);
    const auto signatures = judge_signatures(*view, named, {});
    const auto changes = find_changes(*view, sides, {});
    const auto packages = find_package_changes(*view, sides, *invocation.reporter);
    if (invocation.json) {
        auto object = json_of(named);
        object["signatures"] = json_of(signatures);
        object["stat"] = stat_json(changes);
        object["packages"] = json_of(packages);
        print(json_text(object));
        return 0;
    }
    print(text_of(named));
    if (!signatures.empty()) {
        print("\n" + text_of(signatures));
    }
    if (!packages.empty()) {
        print("\n" + lines_of(packages, output_palette()));
    }
    if (!changes.empty()) {
        print("\n" + stat_of(changes));
    }
    return 0;
}

} // namespace

Command show_command() {
    return {
        .name = "show",
        .summary = "show one commit and what it changed",
        .description =
            "Shows the commit, which packages it upgraded, added or removed, and how much it "
            "changed in which directory, against its first parent. `slipway diff COMMIT` shows "
            "every entry.",
        .arguments =
            {{"COMMIT",
              "A branch, a tag, an id or a unique prefix of one, BRANCH~2; else the only branch "
              "there is.",
              Count::optional}},
        .options = {},
        .examples = {"slipway show debian"},
        .run = run,
    };
}

} // namespace slipway::cli
