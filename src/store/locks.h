// Who writes to a repository, who collects in it, and what is read for long (locks/).
//
// All of them are locks on files (flock): they go with the process, however it ends. The protocol
// is that of docs/decisions/0016-collection.md.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/lock_file.h"
#include "store/paths.h"

namespace slipway::store {

class Repository;

/// Says that this process adds objects or moves names. It is held from before the process looks up
/// what it refers to until the names have moved. Many at once; none waits for a collection.
class WriterLock {
public:
    /// Throws Fault::refused if locks/ cannot be written.
    explicit WriterLock(const RepositoryPaths& paths);

private:
    LockFile lock_;
};

/// Packs come into packs/ and into the index while it is shared; they go from there while it is
/// held alone. Else one that goes might be the very one that a writer makes again. For moments
/// only.
class PackLock {
public:
    PackLock(const RepositoryPaths& paths, LockFile::Mode mode);

private:
    LockFile lock_;
};

/// Held by who moves objects between packs: collections, repacking, repairs. One at a time.
class CollectorLock {
public:
    enum class WhenHeld { refuse, wait };

    /// Throws Fault::unavailable if another process holds it and is not waited for.
    explicit CollectorLock(const RepositoryPaths& paths, WhenHeld when_held = WhenHeld::refuse);

    /// From now on new writers are told from those that are at work.
    void begin_epoch();

    /// Waits until the writers of before begin_epoch(), this time's or an earlier one's, have
    /// ended. False if some are still at work after `patience`.
    bool wait_for_writers(std::chrono::milliseconds patience);

private:
    RepositoryPaths paths_;
    LockFile lock_;
};

/// Held by who makes the index anew: nobody collects or writes meanwhile, and who begins to waits.
class RepairLock {
public:
    /// Throws Fault::unavailable if somebody is at work.
    explicit RepairLock(const RepositoryPaths& paths);

private:
    CollectorLock collector_;
    LockFile writers_;
};

/// True if locks/ can be written: else nobody here is a writer or a collector.
bool can_lock(const RepositoryPaths& paths);

/// Keeps a tree or a commit from being collected while this process reads it.
class ReadLease {
public:
    /// Nothing where locks/ cannot be written. Throws Fault::not_found if the object is condemned:
    /// it is being collected.
    static std::optional<ReadLease> take(const Repository& repository, const Digest& id);

    ReadLease(ReadLease&& other) noexcept
        : lock_(std::move(other.lock_)), path_(std::exchange(other.path_, {})) {}

    ReadLease& operator=(ReadLease&&) = delete;
    ~ReadLease();

private:
    ReadLease(LockFile lock, std::filesystem::path path)
        : lock_(std::move(lock)), path_(std::move(path)) {}

    LockFile lock_;
    std::filesystem::path path_; // empty once moved from
};

/// What living processes have leases for. Leases of dead ones are removed.
std::vector<Digest> read_leases(const RepositoryPaths& paths);

} // namespace slipway::store
