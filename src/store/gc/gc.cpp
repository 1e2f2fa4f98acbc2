#include "store/gc/gc.h"

#include <limits>
#include <unordered_set>

#include "base/failpoint.h"
#include "store/gc/forget.h"
#include "store/gc/marker.h"
#include "store/gc/roots.h"

namespace slipway::store {

namespace {

constexpr std::size_t batch_objects = 1U << 16U; ///< that one transaction moves
constexpr std::int64_t always = std::numeric_limits<std::int64_t>::min();

/// Hands ids on, many at a time.
class Batches {
public:
    explicit Batches(std::function<void(const std::vector<Digest>&)> take)
        : take_(std::move(take)) {}

    void add(const Digest& id) {
        ids_.push_back(id);
        if (ids_.size() >= batch_objects) {
            flush();
        }
    }

    void flush() {
        if (!ids_.empty()) {
            take_(ids_);
            ids_.clear();
        }
    }

private:
    std::function<void(const std::vector<Digest>&)> take_;
    std::vector<Digest> ids_;
};

std::int64_t oldest_move(const GcOptions& options) {
    return options.now - options.reflog_age.count();
}

std::uint64_t forget_old(const Repository& repository, const GcOptions& options) {
    auto& branches = repository.branches();
    const auto moves = branches.reflogs();
    const auto old = old_moves(branches.list(), moves, oldest_move(options));
    if (!old.empty()) {
        branches.forget(old);
    }
    repository.leases().forget_ended(options.now);
    return old.size();
}

/// No tree refers to a dictionary: the frames of all that can be read do, also of what is
/// condemned.
void mark_dictionaries(const ObjectIndex& index, IdSet& ids) {
    std::unordered_set<Digest> needed;
    const auto note = [&](const Digest&, const Location& location) {
        if (needs_dictionary(location.frame)) {
            needed.insert(location.frame.dictionary);
        }
    };
    index.each(note);
    index.each_condemned(note);
    for (const auto& id : needed) {
        ids.mark(id);
    }
}

void condemn_unneeded(const Repository& repository, const IdSet& ids) {
    Batches batches([&](const auto& batch) { repository.index().condemn(batch); });
    ids.each_unneeded([&](const Digest& id) { batches.add(id); });
    batches.flush();
}

/// Takes back what turned out to be needed.
void reprieve_needed(const Repository& repository, const IdSet& ids) {
    std::vector<Digest> needed;
    repository.index().each_condemned([&](const Digest& id, const Location&) {
        if (ids.is_marked(id)) {
            needed.push_back(id);
        }
    });
    Batches batches([&](const auto& batch) { repository.index().reprieve(batch); });
    for (const auto& id : needed) {
        batches.add(id);
    }
    batches.flush();
}

void count_condemned(const Repository& repository, GcReport& report) {
    repository.index().each_condemned([&](const Digest& id, const Location& location) {
        ++report.objects_dead;
        if (location.kind == Kind::commit) {
            report.commits_dead.push_back(id);
        }
    });
    report.objects_kept = repository.index().size();
}

} // namespace

GcReport collect(const std::filesystem::path& root, const GcOptions& options, Reporter& reporter) {
    check_repository({root});
    CollectorLock lock({root});
    const Repository repository(root, Access::read_write, Repository::Part::collector);
    remove_abandoned(repository.paths().packs());
    repository.adopt_packs();
    GcReport report;
    report.moves_forgotten = forget_old(repository, options);

    std::filesystem::create_directory(repository.paths().cache()); // it may be thrown away
    IdSet ids(repository.index(), repository.paths().cache());
    Marker marker(repository, ids, reporter);
    marker.mark(ids_of(find_roots(repository, always, options.now)));
    mark_dictionaries(repository.index(), ids);
    condemn_unneeded(repository, ids);
    failpoint("gc.condemned");

    lock.begin_epoch();
    report.writers_ended = lock.wait_for_writers(options.patience);
    if (report.writers_ended) {
        // What the writers have named meanwhile, and what is beneath it; what their packs need.
        marker.mark(ids_of(find_roots(repository, always, options.now)));
        mark_dictionaries(repository.index(), ids);
        reprieve_needed(repository, ids);
        const auto& index = repository.index();
        report.packs = measure_packs(
            repository, [&](const Digest& id) { return index.holds(id); }, options.least_live
        );
    }
    count_condemned(repository, report);
    report.bytes_written = sweep(repository, report.packs, reporter);
    report.rows_forgotten = forget_gone(*repository.state(), repository.index());
    report.deleted = delete_retired(repository, options.grace);
    return report;
}

GcReport
preview_gc(const std::filesystem::path& root, const GcOptions& options, Reporter& reporter) {
    const Repository repository(root, Access::read_only);
    GcReport report;
    auto& branches = repository.branches();
    const auto since = oldest_move(options);
    const auto moves = branches.reflogs();
    report.moves_forgotten = old_moves(branches.list(), moves, since).size();

    const TemporaryDirectory scratch;
    IdSet ids(repository.index(), scratch.path());
    Marker marker(repository, ids, reporter);
    marker.mark(ids_of(find_roots(repository, since, options.now)));
    mark_dictionaries(repository.index(), ids);
    // What came meanwhile is somebody's work.
    const auto is_live = [&](const Digest& id) { return ids.is_marked(id) || !ids.contains(id); };
    const auto count = [&](const Digest& id, const Location& location) {
        ++(is_live(id) ? report.objects_kept : report.objects_dead);
        if (!is_live(id) && location.kind == Kind::commit) {
            report.commits_dead.push_back(id);
        }
    };
    repository.index().each(count);
    repository.index().each_condemned(count);
    report.packs = measure_packs(repository, is_live, options.least_live);
    return report;
}

} // namespace slipway::store
