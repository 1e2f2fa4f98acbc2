// A file as /dev/loopN.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/file.h"
#include "base/reporter.h"

namespace slipway::mount {

/// A read-only loop device over a file, from construction to destruction. It goes by itself when
/// nobody uses it any more, so a process that dies leaves none.
class LoopDevice {
public:
    /// Errors: unavailable (the kernel has no loop devices, or none is free).
    LoopDevice(const std::filesystem::path& file, std::uint32_t block_size, Reporter& reporter);
    ~LoopDevice();
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    FileDescriptor device_;
};

} // namespace slipway::mount
