// An image as a block device: NBD over a local socket where the kernel has it, else a FUSE file
// under a loop device.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::mount {

/// Which way the image becomes a block device.
enum class Transport { automatic, nbd, fuse };

struct DeviceOptions {
    Transport transport = Transport::automatic;
    std::size_t threads = 16;                  ///< reads in flight
    std::filesystem::path runtime_directory = "/run/slipway"; ///< where a FUSE file is mounted
};

/// Serves `image` (which outlives it) as a read-only block device until destroyed. Reads are
/// answered in any order, many at a time. A read that throws is answered with an I/O error and told
/// to the reporter: a Blob that waits out network faults never causes one.
class Device {
public:
    virtual ~Device() = default;

    /// "/dev/nbd0" or "/dev/loop3".
    virtual std::filesystem::path path() const = 0;
};

std::unique_ptr<Device>
attach(const Blob& image, const DeviceOptions& options, Reporter& reporter);

} // namespace slipway::mount
