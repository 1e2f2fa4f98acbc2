#include "store/fsck.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/remotes.h"
#include "sync/repair.h"

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

/// False, and shown, if a pack cannot be indexed. Nobody else may be at work: the lock says so.
bool rebuild_index(const Invocation& invocation, const store::RepositoryPaths& paths, const store::RepairLock&) {
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

/// Takes the packs out of use; nobody writes or collects until the index knows nothing of them.
/// False as rebuild_index().
bool quarantine(
    const Invocation& invocation,
    const store::RepositoryPaths& paths,
    const std::vector<Digest>& damaged
) {
    const store::RepairLock lock(paths);
    store::quarantine(paths, damaged, *invocation.reporter);
    return rebuild_index(invocation, paths, lock);
}

/// Those named, else every remote.
std::vector<sync::MirrorOptions> sources_of(const Invocation& invocation) {
    auto names = invocation.all("from");
    if (names.empty()) {
        for (const auto& remote : read_remotes(local_repository(invocation))) {
            names.push_back(remote.name);
        }
    }
    if (names.empty()) {
        throw Error(Fault::usage, "there is nothing to repair from")
            .hint("name a repository with --from, or make it a remote");
    }
    std::vector<sync::MirrorOptions> sources;
    for (const auto& name : names) {
        sources.push_back(
            {.servers = parse_repository(location_of(invocation, name)),
             .client = client_options(Purpose::reading)}
        );
    }
    return sources;
}

void fetch_lost(
    const store::RepositoryPaths& paths,
    const std::vector<sync::MirrorOptions>& sources,
    Reporter& reporter
) {
    store::Repository repository(paths.root, store::Access::read_write);
    const auto totals = sync::repair(repository, sources, reporter);
    reporter.notice(fmt::format(
        "{} fetched{}",
        counted(totals.fetched, "lost object"),
        totals.lost.empty() ? "" : fmt::format("; {} could not be had", totals.lost.size())
    ));
}

/// Quarantine, a new index, and what was lost from elsewhere.
int repair(const Invocation& invocation, const store::RepositoryPaths& paths) {
    auto& reporter = *invocation.reporter;
    const auto sources = sources_of(invocation);
    {
        const store::RepairLock lock(paths);
        // Packs that cannot be indexed are found to be damaged next.
        store::rebuild_index(paths, reporter);
    }
    auto report = check(paths, reporter);
    if (!report.problems.empty()) {
        if (!quarantine(invocation, paths, report.damaged_packs)) {
            return damage_found;
        }
        fetch_lost(paths, sources, reporter);
        report = check(paths, reporter);
    }
    show(invocation, report);
    return report.problems.empty() ? 0 : damage_found;
}

int run(const Invocation& invocation) {
    const store::RepositoryPaths paths{local_repository(invocation)};
    auto& reporter = *invocation.reporter;
    store::check_repository(paths);
    if (invocation.flag("repair")) {
        return repair(invocation, paths);
    }
    if (invocation.find("from")) {
        throw Error(Fault::usage, "--from goes with --repair");
    }
    if (invocation.flag("rebuild-index") &&
        !rebuild_index(invocation, paths, store::RepairLock(paths))) {
        return damage_found;
    }
    auto report = check(paths, reporter);
    if (invocation.flag("quarantine") && !report.problems.empty()) {
        if (!quarantine(invocation, paths, report.damaged_packs)) {
            return damage_found;
        }
        report = check(paths, reporter);
    }
    show(invocation, report);
    if (!report.damaged_packs.empty()) {
        reporter.notice(
            "`slipway fsck --repair --from REPO` fetches what is lost from another "
            "repository; `slipway fsck --quarantine` takes damaged packs out of use, so that "
            "the next import stores again what they lost"
        );
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
            "of the same system then stores again what was lost.\n\n"
            "With --repair the same is done, and what was lost is fetched from other repositories, "
            "object by object, each verified.",
        .arguments = {},
        .options =
            {{.names = "--rebuild-index",
              .help = "First make the index anew from the packs alone."},
             {.names = "--quarantine",
              .help = "Move damaged packs to packs/damaged/, store anew what is whole in them, and "
                      "make the index anew. No import may run meanwhile; restart servers."},
             {.names = "--repair",
              .help = "As --quarantine; then fetch what is lost from the repositories of --from."},
             {.names = "--from",
              .value = "REPO",
              .help = "Where to fetch from: a directory, URLs, or a remote's name; may be given "
                      "again. Else every remote.",
              .count = Count::many}},
        .examples =
            {"slipway fsck",
             "slipway fsck --rebuild-index",
             "slipway fsck --quarantine",
             "slipway fsck --repair --from http://server:8080"},
        .run = run,
    };
}

} // namespace slipway::cli
