// A FUSE filesystem that holds one file: an image.
#pragma once

#include <filesystem>
#include <memory>

#include "mount/device_view.h"

namespace slipway::mount {

/// The file, from construction to destruction. The process that serves it must not do file
/// operations on it that its own threads would have to wait for, but opening it is one of those
/// that the threads answer.
class FuseFile {
public:
    /// Mounts at `directory`. Errors: unavailable (the kernel has no FUSE).
    FuseFile(const DeviceView& view, const std::filesystem::path& directory, std::size_t threads);

    /// Unmounts, also when the file is in use: whoever reads it then gets an I/O error.
    ~FuseFile();
    FuseFile(const FuseFile&) = delete;
    FuseFile& operator=(const FuseFile&) = delete;

    std::filesystem::path path() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace slipway::mount
