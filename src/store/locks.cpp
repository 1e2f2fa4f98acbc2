#include "store/locks.h"

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/interrupt.h"
#include "store/repository.h"

namespace slipway::store {

namespace {

constexpr std::string_view writers_name = "writers";
constexpr std::string_view leaving_prefix = "leaving-";
constexpr std::string_view lease_prefix = "reader-";
constexpr std::chrono::milliseconds pause{20};

/// Made at need: repositories of before there were collections have none.
std::filesystem::path lock_directory(const RepositoryPaths& paths) {
    if (mkdir(paths.locks().c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot create {}", paths.locks().native()));
    }
    return paths.locks();
}

LockFile take_collector_lock(const RepositoryPaths& paths, CollectorLock::WhenHeld when_held) {
    const auto path = lock_directory(paths) / "collector";
    if (when_held == CollectorLock::WhenHeld::wait) {
        return LockFile::wait_for(path, LockFile::Mode::alone);
    }
    auto lock = LockFile::take(path);
    if (!lock) {
        throw Error(
            Fault::unavailable,
            fmt::format("another process collects, repacks or checks {}", paths.root.native())
        )
            .hint("wait until it has ended");
    }
    return *std::move(lock);
}

LockFile stop_writers(const RepositoryPaths& paths) {
    auto lock = LockFile::take(lock_directory(paths) / writers_name);
    if (!lock) {
        throw Error(Fault::unavailable, fmt::format("an import writes to {}", paths.root.native()))
            .hint("wait until it has ended");
    }
    return *std::move(lock);
}

/// The files in locks/ whose names begin so.
std::vector<std::filesystem::path>
files_with(const RepositoryPaths& paths, std::string_view prefix) {
    std::vector<std::filesystem::path> found;
    std::error_code absent;
    for (const auto& file : std::filesystem::directory_iterator(paths.locks(), absent)) {
        if (file.path().filename().native().starts_with(prefix)) {
            found.push_back(file.path());
        }
    }
    return found;
}

/// A part of a name that no other has.
std::string unique_suffix() {
    static std::atomic<unsigned> counter = 0;
    return fmt::format(
        "{}-{}-{}", getpid(), std::chrono::system_clock::now().time_since_epoch().count(), counter++
    );
}

/// True if nobody held the file; it is gone then.
bool remove_unheld(const std::filesystem::path& path) {
    const auto lock = LockFile::take(path);
    if (lock) {
        unlink(path.c_str());
    }
    return lock.has_value();
}

} // namespace

WriterLock::WriterLock(const RepositoryPaths& paths)
    : lock_(LockFile::wait_for(lock_directory(paths) / writers_name, LockFile::Mode::shared)) {}

PackLock::PackLock(const RepositoryPaths& paths, LockFile::Mode mode)
    : lock_(LockFile::wait_for(lock_directory(paths) / "packs", mode)) {}

CollectorLock::CollectorLock(const RepositoryPaths& paths, WhenHeld when_held)
    : paths_(paths), lock_(take_collector_lock(paths, when_held)) {}

RepairLock::RepairLock(const RepositoryPaths& paths)
    : collector_(paths), writers_(stop_writers(paths)) {}

bool can_lock(const RepositoryPaths& paths) {
    const auto& directory = access(paths.locks().c_str(), F_OK) == 0 ? paths.locks() : paths.root;
    return access(directory.c_str(), W_OK) == 0;
}

void CollectorLock::begin_epoch() {
    // A writer that has opened the file and not locked it yet sees that it has moved, and opens the
    // new one.
    const auto from = paths_.locks() / writers_name;
    const auto target = paths_.locks() / fmt::format("{}{}", leaving_prefix, unique_suffix());
    if (rename(from.c_str(), target.c_str()) != 0 && errno != ENOENT) {
        throw_errno(fmt::format("cannot move {} to {}", from.native(), target.native()));
    }
    failpoint("gc.epoch");
}

bool CollectorLock::wait_for_writers(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (const auto& path : files_with(paths_, leaving_prefix)) {
        while (!remove_unheld(path)) {
            if (std::chrono::steady_clock::now() >= end) {
                return false;
            }
            check_interrupt();
            std::this_thread::sleep_for(pause);
        }
    }
    return true;
}

std::optional<ReadLease> ReadLease::take(const Repository& repository, const Digest& id) {
    const auto& paths = repository.paths();
    if (!can_lock(paths)) {
        return std::nullopt; // who may not write here reads on luck
    }
    // As a writer does: a collection either waits for the lease to be seen, or has condemned
    // already what it would be for.
    const WriterLock writer(paths);
    auto path =
        lock_directory(paths) / fmt::format("{}{}-{}", lease_prefix, id.hex(), unique_suffix());
    std::optional<LockFile> lock;
    while (!lock) { // whoever looks for dead leases may hold it for a moment
        lock = LockFile::take(path);
    }
    ReadLease lease(*std::move(lock), std::move(path));
    if (!repository.index().holds(id) && repository.index().find(id)) {
        throw Error(Fault::not_found, fmt::format("{} is being collected", id.hex()))
            .hint("no branch, tag or lease named it any more when the collection began");
    }
    return lease;
}

ReadLease::~ReadLease() {
    if (!path_.empty()) {
        unlink(path_.c_str());
    }
}

std::vector<Digest> read_leases(const RepositoryPaths& paths) {
    std::vector<Digest> leased;
    for (const auto& path : files_with(paths, lease_prefix)) {
        const auto id =
            Digest::parse(path.filename().native().substr(lease_prefix.size(), 2 * sizeof(Digest)));
        // Who may not lock cannot tell the living from the dead.
        if (id && (!can_lock(paths) || !remove_unheld(path))) {
            leased.push_back(*id);
        }
    }
    return leased;
}

} // namespace slipway::store
