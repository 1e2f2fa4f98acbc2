// CRC-32C (Castagnoli), as the EROFS superblock uses it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace slipway::image {

/// Seeded with all ones and not inverted at the end: what the Linux kernel's `crc32c(~0, …)` gives.
std::uint32_t crc32c(ConstBytes data);

} // namespace slipway::image
