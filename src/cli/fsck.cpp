#include "store/fsck.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

constexpr int damage_found = 4;

void show(const Invocation& invocation, const store::FsckReport& report) {
    if (invocation.json) {
        auto problems = nlohmann::json::array();
        for (const auto& problem : report.problems) {
            problems.push_back({{"subject", problem.subject}, {"fact", problem.fact}});
        }
        const nlohmann::json whole{
            {"packs", report.packs},
            {"objects", report.objects},
            {"commits", report.commits},
            {"bytes", report.bytes},
            {"problems", problems}};
        print(whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
        return;
    }
    for (const auto& problem : report.problems) {
        print(fmt::format("{}: {}\n", problem.subject, problem.fact));
    }
    print(fmt::format(
        "{} packs, {} objects, {} commits, {}: {}\n",
        report.packs,
        report.objects,
        report.commits,
        human_bytes(report.bytes),
        report.problems.empty() ? "all whole" : fmt::format("{} problems", report.problems.size())
    ));
}

int run(const Invocation& invocation) {
    const store::RepositoryPaths paths{local_repository(invocation)};
    store::check_repository(paths);
    if (invocation.flag("rebuild-index")) {
        const auto rebuilt = store::rebuild_index(paths, *invocation.reporter);
        if (!rebuilt.problems.empty()) {
            show(invocation, rebuilt);
            return damage_found;
        }
        invocation.reporter->detail(
            fmt::format("indexed {} objects in {} packs", rebuilt.objects, rebuilt.packs)
        );
    }
    const store::Repository repository(paths.root, store::Access::read_only);
    const auto report = store::check(repository, *invocation.reporter);
    show(invocation, report);
    return report.problems.empty() ? 0 : damage_found;
}

} // namespace

Command fsck_command() {
    return {
        .name = "fsck",
        .summary = "check every object, every reference and every pack",
        .description =
            "Reads the whole repository and says exactly what is wrong: which pack, which "
            "object, and which path of which commit needs it. The exit status is 4 if "
            "anything is.",
        .arguments = {},
        .options =
            {{.names = "--rebuild-index",
              .help = "First make the index anew from the packs alone."}},
        .examples = {"slipway fsck", "slipway fsck --rebuild-index"},
        .run = run,
    };
}

} // namespace slipway::cli
