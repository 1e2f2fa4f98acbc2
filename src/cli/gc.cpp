#include "store/gc/gc.h"

#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "store/gc/roots.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t most_days = 36'500;
constexpr std::uint64_t most_hours = most_days * 24;
constexpr std::uint64_t most_wait_seconds = 7ULL * 24 * 3600;

store::GcOptions options_of(const Invocation& invocation) {
    store::GcOptions options;
    options.now = std::time(nullptr);
    options.reflog_age = std::chrono::hours(24 * invocation.number("reflog-age", 0, most_days));
    options.grace = std::chrono::hours(invocation.number("grace", 0, most_hours));
    options.patience = std::chrono::seconds(invocation.number("wait", 0, most_wait_seconds));
    return options;
}

/// How many packs have a fate, and their size.
struct Sum {
    std::uint64_t packs = 0;
    std::uint64_t bytes = 0;
};

Sum sum_of(const store::GcReport& report, store::Fate fate) {
    Sum sum;
    for (const auto& use : report.packs) {
        if (use.fate == fate) {
            ++sum.packs;
            sum.bytes += use.bytes;
        }
    }
    return sum;
}

std::string_view name_of(store::Fate fate) {
    switch (fate) {
    case store::Fate::removed:
        return "removed";
    case store::Fate::rewritten:
        return "rewritten";
    case store::Fate::kept:
        break;
    }
    return "kept";
}

void show_json(const store::GcReport& report, bool happened) {
    auto commits = nlohmann::json::array();
    for (const auto& id : report.commits_dead) {
        commits.push_back(id.hex());
    }
    auto packs = nlohmann::json::array();
    for (const auto& use : report.packs) {
        if (use.fate != store::Fate::kept || use.dead_objects > 0) {
            packs.push_back(
                {{"pack", use.pack.hex()},
                 {"fate", name_of(use.fate)},
                 {"bytes", use.bytes},
                 {"live_bytes", use.live_bytes},
                 {"objects_live", use.live_objects},
                 {"objects_dead", use.dead_objects}}
            );
        }
    }
    print(json_text(
        {{"happened", happened},
         {"writers_ended", report.writers_ended},
         {"objects_kept", report.objects_kept},
         {"objects_dead", report.objects_dead},
         {"moves_forgotten", report.moves_forgotten},
         {"commits", commits},
         {"packs", packs},
         {"bytes_written", report.bytes_written},
         {"rows_forgotten", report.rows_forgotten},
         {"packs_deleted", report.deleted.packs},
         {"bytes_freed", report.deleted.bytes}}
    ));
}

/// What would go, one line each.
void list_dead(const Invocation& invocation, const store::GcReport& report) {
    const auto view = open_view(invocation);
    for (const auto& id : report.commits_dead) {
        const auto commit = tree::load_commit(*view, id);
        print(fmt::format(
            "commit {}  {}  {}\n", short_id(id), utc_time(commit.time), legible(title_of(commit))
        ));
    }
    for (const auto& use : report.packs) {
        if (use.fate != store::Fate::kept) {
            print(fmt::format(
                "pack {}  {}, {} of it needed: would be {}\n",
                short_id(use.pack),
                human_bytes(use.bytes),
                use.live_objects == 0 ? "nothing" : human_bytes(use.live_bytes),
                name_of(use.fate)
            ));
        }
    }
}

void show_text(const store::GcReport& report, bool happened) {
    const auto removed = sum_of(report, store::Fate::removed);
    const auto rewritten = sum_of(report, store::Fate::rewritten);
    print(fmt::format(
        "{} {} not needed, {} of them; {} {} kept\n",
        counted(report.objects_dead, "object"),
        report.objects_dead == 1 ? "is" : "are",
        counted(report.commits_dead.size(), "commit"),
        counted(report.objects_kept, "object"),
        report.objects_kept == 1 ? "is" : "are"
    ));
    print(fmt::format(
        "{} of {} {} removed, {} of {} {}written anew\n",
        counted(removed.packs, "pack"),
        human_bytes(removed.bytes),
        happened ? "were" : "would be",
        counted(rewritten.packs, "pack"),
        human_bytes(rewritten.bytes),
        happened ? fmt::format("as {} ", human_bytes(report.bytes_written)) : ""
    ));
    if (happened && report.deleted.packs > 0) {
        print(fmt::format("{} are free\n", human_bytes(report.deleted.bytes)));
    }
}

/// Which names keep a commit.
int explain(const Invocation& invocation, const std::string& revision) {
    const store::Repository repository(local_repository(invocation), store::Access::read_only);
    sync::LocalView view(local_repository(invocation));
    const auto commit = sync::resolve(view, revision);
    const auto options = options_of(invocation);
    const auto since = options.now - std::chrono::seconds(options.reflog_age).count();
    const auto keepers =
        store::keepers(repository, store::find_roots(repository, since, options.now), commit);
    auto list = nlohmann::json::array();
    for (const auto& root : keepers) {
        list.push_back(root.name);
        if (!invocation.json) {
            const auto until = root.until ? " until " + utc_time(*root.until) : "";
            print(root.name + until + "\n");
        }
    }
    if (invocation.json) {
        print(json_text({{"commit", commit.hex()}, {"kept_by", list}}));
    } else if (keepers.empty()) {
        print(fmt::format("nothing keeps {}: the next `slipway gc` takes it\n", short_id(commit)));
    }
    return 0;
}

int run(const Invocation& invocation) {
    if (const auto revision = invocation.find("explain")) {
        return explain(invocation, *revision);
    }
    const Interrupts interrupts;
    const auto root = local_repository(invocation);
    const auto options = options_of(invocation);
    const auto happens = !invocation.flag("dry-run");
    const auto report = happens ? store::collect(root, options, *invocation.reporter)
                                : store::preview_gc(root, options, *invocation.reporter);
    if (!report.writers_ended) {
        invocation.reporter->notice(
            "something that writes, an import perhaps, has been at work all the time: "
            "nothing was removed, the next collection goes on from here"
        );
    }
    if (invocation.json) {
        show_json(report, happens);
        return 0;
    }
    if (!happens) {
        list_dead(invocation, report);
    }
    show_text(report, happens);
    return 0;
}

} // namespace

Command gc_command() {
    return {
        .name = "gc",
        .summary = "collect what nothing needs any more",
        .description =
            "Keeps what branches and tags reach, where branches were up to --reflog-age, what "
            "machines have leases of (`slipway leases`) and what is mounted or read on this "
            "machine. The rest goes. Imports, mounts and servers work on meanwhile.\n\n"
            "Packs that hold nothing needed are removed, those with little are written anew. A "
            "pack "
            "that goes stays in packs/retired/ until --grace has passed, for machines that read "
            "it; "
            "a later collection then deletes it.",
        .arguments = {},
        .options =
            {dry_run_option(),
             {.names = "--explain", .value = "COMMIT", .help = "Only tell what keeps this commit."},
             {.names = "--reflog-age",
              .value = "DAYS",
              .help = "Forget where a branch was once it has been elsewhere for so long.",
              .fallback = "90"},
             {.names = "--grace",
              .value = "HOURS",
              .help = "How long packs stay that others have taken the place of.",
              .fallback = "24"},
             {.names = "--wait",
              .value = "SECONDS",
              .help =
                  "How long to wait for imports that are at work; if they take longer, the next "
                  "collection goes on.",
              .fallback = "60"}},
        .examples =
            {"slipway gc --dry-run",
             "slipway gc",
             "slipway gc --reflog-age 7 --grace 0  # make room now",
             "slipway gc --explain 3f2a9c"},
        .run = run,
    };
}

} // namespace slipway::cli
