// An image as /dev/nbdN.
#pragma once

#include <memory>

#include "mount/device.h"
#include "mount/nbd_control.h"

namespace slipway::mount {

/// The driver, loaded if need be; nothing if the kernel has none.
std::optional<NbdControl> find_nbd();

/// attach() and reattach() by this transport.
std::unique_ptr<Device>
attach_nbd(NbdControl control, const Blob& image, const DeviceOptions& options, Reporter& reporter);
std::unique_ptr<Device>
reattach_nbd(const Blob& image, const DeviceOptions& options, Reporter& reporter);

/// Ends the device that a dead process left.
void abandon_nbd(const std::filesystem::path& runtime_directory);

} // namespace slipway::mount
