// The filesystem of an image: EROFS from a block device, and a writable layer over it if wanted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/reporter.h"

namespace slipway::mount {

/// Where writes to a mounted image go.
struct Writable {
    /// Writes land in `upper` under it (`work` is overlayfs's own); both are made. Empty: memory,
    /// gone with the mount.
    std::filesystem::path directory;
};

struct FilesystemOptions {
    std::optional<Writable> writable; ///< without: read-only

    /// Where the read-only side of a writable mount lies: one mount, one directory.
    std::filesystem::path runtime_directory = "/run/slipway/root";
};

/// The source that a writable mount shows in the mount table.
constexpr const char* overlay_source = "slipway";

/// An image's mounted filesystem, unmounted when it goes.
class Filesystem {
public:
    /// Mounts `device` at `directory`. Errors: not_found (no such directory), corrupt (no EROFS on
    /// the device), unavailable (the kernel has no EROFS or overlayfs), usage.
    Filesystem(
        const std::filesystem::path& device,
        const std::filesystem::path& directory,
        const FilesystemOptions& options,
        Reporter& reporter
    );

    /// Unmounts, unless somebody else has; what is still in use vanishes from the directory tree
    /// and goes when it is let go.
    ~Filesystem();
    Filesystem(const Filesystem&) = delete;
    Filesystem& operator=(const Filesystem&) = delete;

    const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_; // without symlinks
    std::string source_;              // as the mount table shows it
    FilesystemOptions options_;
    Reporter& reporter_;
};

/// Unmounts `directory`. False if it is in use. Nothing happens if nothing is mounted there.
bool unmount(const std::filesystem::path& directory);

/// As unmount(), at once even if it is in use: it vanishes now and goes when it is let go.
void unmount_lazily(const std::filesystem::path& directory);

/// Unmounts what a Filesystem with this runtime directory has mounted under it, lazily.
void abandon_layers(const std::filesystem::path& runtime_directory);

/// The options of an overlay mount; commas, colons and backslashes in the paths are escaped.
std::string
overlay_options(const std::filesystem::path& lower, const std::filesystem::path& writable);

} // namespace slipway::mount
