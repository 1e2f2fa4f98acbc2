#include "sandbox/regenerate.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/overlay.h"
#include "formats/scan.h"
#include "sandbox/contained_root.h"
#include "sandbox/private_mounts.h"
#include "tree/content.h"
#include "tree/merge/staged_ingest.h"
#include "tree/walk.h"

namespace slipway::sandbox {

namespace {

constexpr std::uint64_t most_written = 1ULL << 30U; ///< by all programs of one sandbox together

/// The latest time of what is due.
tree::Time time_of(const Contents& contents, const Digest& tree, const std::vector<Run>& runs) {
    tree::Time latest{};
    for (const auto& run : runs) {
        for (const auto& path : run.due) {
            const auto found = tree::look_up(contents, tree, path);
            if (found && found->entry) {
                const auto& time = found->entry->attributes.mtime;
                latest = std::max(latest, time, [](const auto& a, const auto& b) {
                    return std::tie(a.seconds, a.nanoseconds) < std::tie(b.seconds, b.nanoseconds);
                });
            }
        }
    }
    return latest;
}

bool owns(const std::vector<Run>& runs, std::string_view path) {
    return std::ranges::any_of(runs, [&](const Run& run) {
        return std::ranges::any_of(run.owned, [&](const std::string& pattern) {
            return tree::glob_matches(pattern, path);
        });
    });
}

/// The sandbox makes these where the tree lacks them.
bool is_mount_point(std::string_view path) {
    return path == "/dev" || path == "/proc" || path == "/run" || path == "/tmp";
}

/// What the programs left in the overlay, as a tree among `objects`.
Digest
scan_upper(const std::filesystem::path& upper, tree::StagedObjects& objects, Reporter& reporter) {
    const During reading([] { return std::string("reading what the programs wrote"); });
    tree::StagedIngest ingest(objects, most_written);
    formats::StatCache no_cache;
    return formats::scan(upper, {}, ingest, no_cache, reporter).tree;
}

class Regeneration {
public:
    Regeneration(
        tree::StagedObjects& objects,
        const Digest& tree,
        const std::vector<Run>& runs,
        Reporter& reporter
    )
        : objects_(objects), tree_(tree), runs_(runs), reporter_(reporter),
          time_(time_of(objects, tree, runs)) {}

    Regenerated run(const std::filesystem::path& place) {
        run_programs(place);
        take_over(upper_of(place));
        return std::move(result_);
    }

private:
    /// When it returns nothing is mounted any more, so nobody reads the objects.
    void run_programs(const std::filesystem::path& place) {
        ContainedRoot root(objects_, tree_, place, reporter_);
        root.set("SOURCE_DATE_EPOCH", std::to_string(std::max<std::int64_t>(0, time_.seconds)));
        for (const auto& run : runs_) {
            const Task task(reporter_, fmt::format("running {}", run.command()), Unit::items);
            auto outcome = root.run(run.words, {.time = run.time});
            if (outcome.succeeded()) {
                succeeded_.push_back(run);
            } else {
                result_.failed.push_back({run, std::move(outcome)});
            }
        }
    }

    void take_over(const std::filesystem::path& upper) {
        tree::StagedObjects scratch(objects_); // what is dropped must not get into the repository
        const auto layer = scan_upper(upper, scratch, silent_reporter());
        auto applied = formats::apply_overlay(
            {scratch, tree_, layer},
            objects_,
            {.takes = [&](std::string_view path) { return owns(succeeded_, path); },
             .time_of_new = time_}
        );
        for (const auto& file : applied.files) {
            objects_.add_file(read_all(*tree::open_file(scratch, file), file.size));
        }
        result_.tree = applied.tree;
        result_.made = std::move(applied.taken);
        result_.dropped = std::move(applied.dropped);
        std::erase_if(result_.dropped, is_mount_point);
    }

    tree::StagedObjects& objects_;
    Digest tree_;
    const std::vector<Run>& runs_;
    Reporter& reporter_;
    tree::Time time_;
    std::vector<Run> succeeded_;
    Regenerated result_;
};

} // namespace

Regenerated regenerate(
    tree::StagedObjects& objects,
    const Digest& tree,
    const std::vector<Run>& runs,
    Reporter& reporter
) {
    require_sandbox();
    Regenerated result;
    with_private_mounts([&](const std::filesystem::path& place) {
        result = Regeneration(objects, tree, runs, reporter).run(place);
    });
    return result;
}

} // namespace slipway::sandbox
