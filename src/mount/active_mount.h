// Mounts that are being served, so that another process can find and end them.
//
// Each has a directory of its own under `mounts` in the runtime directory, named after the place
// where it is mounted. It holds a locked record (see LockFile), the device's state and what is
// mounted behind the scenes. A record whose lock is free belongs to a process that died.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/lock_file.h"
#include "base/reporter.h"

namespace slipway::mount {

struct MountRecord {
    std::filesystem::path directory; ///< where it is mounted, absolute
    std::filesystem::path device;
    std::filesystem::path writable; ///< where writes go; empty: read-only, "tmpfs": memory
    std::string source;             ///< what is mounted: a commit
    int process = 0;                ///< who serves it
    friend bool operator==(const MountRecord&, const MountRecord&) = default;
};

std::string write_record(const MountRecord& record);

/// Throws Fault::corrupt.
MountRecord parse_record(ConstBytes bytes);

/// The right to serve a mount at a directory, held until destroyed. Make it before the device
/// and the filesystem, so that it outlives them.
class ActiveMount {
public:
    /// Cleans up after a process that died while it served the same directory. Throws
    /// Fault::refused if one that lives serves it.
    ActiveMount(
        const std::filesystem::path& runtime_directory,
        const std::filesystem::path& directory,
        Reporter& reporter
    );
    ~ActiveMount();
    ActiveMount(const ActiveMount&) = delete;
    ActiveMount& operator=(const ActiveMount&) = delete;

    /// For the device and the filesystem: theirs alone.
    const std::filesystem::path& place() const { return place_; }

    /// Tells others of it. Directory and process are filled in.
    void publish(MountRecord record);

private:
    std::filesystem::path place_;
    std::filesystem::path directory_;
    LockFile lock_;
};

/// The mounts that are being served.
std::vector<MountRecord> active_mounts(const std::filesystem::path& runtime_directory);

/// What to do about a mount that is in use.
enum class WhenBusy { refuse, detach };

/// Unmounts `directory` and waits until the process that serves it has ended; cleans up if that
/// process is dead. Errors: not_found (nothing of ours is mounted there), refused (in use),
/// unavailable (the process does not end).
void end_mount(
    const std::filesystem::path& runtime_directory,
    const std::filesystem::path& directory,
    WhenBusy when_busy,
    Reporter& reporter
);

/// Cleans up after every process that died.
void clean_up_mounts(const std::filesystem::path& runtime_directory, Reporter& reporter);

} // namespace slipway::mount
