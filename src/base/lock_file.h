// A small file that says who lives: its lock is held as long as its process runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"

namespace slipway {

/// The lock on a file, and the right to change what it holds. The kernel drops the lock when the
/// process dies, however it dies; a fork keeps it.
class LockFile {
public:
    /// Makes the file where there is none. Nothing if another process holds it.
    static std::optional<LockFile> take(const std::filesystem::path& path);

    /// The same, shared with others that share it or alone. Waits for who is in the way.
    enum class Mode { shared, alone };
    static LockFile wait_for(const std::filesystem::path& path, Mode mode);

    /// True if there is such a file and a process holds it.
    static bool is_held(const std::filesystem::path& path);

    /// Replaces what the file holds. Readers may see it half: they parse, and try again.
    void write(std::string_view text);

    /// What the file holds.
    Buffer read() const;

private:
    explicit LockFile(FileDescriptor file) : file_(std::move(file)) {}

    FileDescriptor file_;
};

} // namespace slipway
