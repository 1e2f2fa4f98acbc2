#include "store/fsck.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
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
        "{}, {}, {}, {}: {}\n",
        counted(report.packs, "pack"),
        counted(report.objects, "object"),
        counted(report.commits, "commit"),
        human_bytes(report.bytes),
        report.problems.empty() ? "all whole" : counted(report.problems.size(), "problem")
    ));
}

store::FsckReport check(const store::RepositoryPaths& paths, Reporter& reporter) {
    // A collection that moves packs meanwhile would look like damage.
    std::optional<store::CollectorLock> lock;
    if (store::can_lock(paths)) {
        lock.emplace(paths, store::CollectorLock::WhenHeld::wait);
    }
    const store::Repository repository(paths.root, store::Access::read_only);
    return store::check(repository, reporter);
}

/// False, and shown, if a pack cannot be indexed.
bool rebuild_index(const Invocation& invocation, const store::RepositoryPaths& paths) {
    const store::RepairLock lock(paths);
    const auto rebuilt = store::rebuild_index(paths, *invocation.reporter);
    if (!rebuilt.problems.empty()) {
        show(invocation, rebuilt);
        return false;
    }
    invocation.reporter->detail(fmt::format(
        "indexed {} in {}", counted(rebuilt.objects, "object"), counted(rebuilt.packs, "pack")
    ));
    return true;
}

int run(const Invocation& invocation) {
    const store::RepositoryPaths paths{local_repository(invocation)};
    auto& reporter = *invocation.reporter;
    store::check_repository(paths);
    if (invocation.flag("rebuild-index") && !rebuild_index(invocation, paths)) {
        return damage_found;
    }
    auto report = check(paths, reporter);
    if (invocation.flag("quarantine") && !report.problems.empty()) {
        {
            const store::RepairLock lock(paths);
            store::quarantine(paths, report.damaged_packs, reporter);
        }
        if (!rebuild_index(invocation, paths)) {
            return damage_found;
        }
        report = check(paths, reporter);
    }
    show(invocation, report);
    if (!report.damaged_packs.empty()) {
        reporter.notice("`slipway fsck --quarantine` takes damaged packs out of use, so that the "
                        "next import stores again what they lost");
    }
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
            "anything is.\n\n"
            "It changes nothing unless it is told to. A damaged pack whose like is in no backup is "
            "mended like this: with --quarantine it is taken out of use, and an import "
            "of the same system then stores again what was lost.",
        .arguments = {},
        .options =
            {{.names = "--rebuild-index",
              .help = "First make the index anew from the packs alone."},
             {.names = "--quarantine",
              .help = "Move damaged packs to packs/damaged/, store anew what is whole in them, and "
                      "make the index anew. No import may run meanwhile; restart servers."}},
        .examples = {"slipway fsck", "slipway fsck --rebuild-index", "slipway fsck --quarantine"},
        .run = run,
    };
}

} // namespace slipway::cli
