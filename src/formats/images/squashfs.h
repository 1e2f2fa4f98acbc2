// squashfs images, read by libsquashfs (squashfs-tools-ng).
#pragma once

#include <memory>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// Reads version 4.0, compressed by gzip, xz, lz4, zstd or lzo. `image` outlives it. Times are
/// whole seconds; of extended attributes there are user.*, trusted.* and security.*, and no ACLs.
std::unique_ptr<ImageReader> open_squashfs(const Blob& image);

} // namespace slipway::formats
