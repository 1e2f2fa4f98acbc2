// An image as a block device: NBD over a local socket where the kernel has it, else a FUSE file
// under a loop device.
#pragma once

#include <filesystem>
#include <memory>

#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::mount {

/// Which way the image becomes a block device.
enum class Transport { automatic, nbd, fuse };

struct DeviceOptions {
    Transport transport = Transport::automatic;
    std::size_t threads = 16; ///< reads in flight

    /// Where the device's state is kept and a FUSE file is mounted: one device, one directory.
    std::filesystem::path runtime_directory = "/run/slipway/root";
};

/// Serves `image` (which outlives it) as a read-only block device until destroyed. Reads are
/// answered in any order, many at a time. A read that throws is answered with an I/O error and told
/// to the reporter: a Blob that waits out network faults never causes one.
///
/// Destroying it ends the device, also under a mounted filesystem, whose reads then fail; it waits
/// for reads of the image that are under way. The kernel's size of the device is the image's,
/// rounded up to 512 bytes.
class Device {
public:
    virtual ~Device() = default;

    /// "/dev/nbd0" or "/dev/loop3".
    virtual std::filesystem::path path() const = 0;
};

/// Makes a device. Errors: refused (not root, or another process serves this runtime directory),
/// unavailable (the kernel lacks what is needed; the hint names it).
///
/// A process that dies leaves an NBD device whose reads wait for reattach() or abandon(), and a
/// loop device whose reads fail and that goes when it is unmounted.
std::unique_ptr<Device> attach(const Blob& image, const DeviceOptions& options, Reporter& reporter);

/// Takes over the NBD device that a process with the same runtime directory left when it died;
/// reads that it had not answered are asked for again within seconds, none fails. Null if
/// there is none. Throws Fault::refused while that process lives or if the image is another size.
std::unique_ptr<Device>
reattach(const Blob& image, const DeviceOptions& options, Reporter& reporter);

/// Ends what a process that died left in `runtime_directory`. Nothing happens if nothing is left.
void abandon(const std::filesystem::path& runtime_directory);

} // namespace slipway::mount
