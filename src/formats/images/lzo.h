// Unpacking LZO1X, which squashfs images may be compressed by.
//
// The format: Documentation/staging/lzo.rst of the Linux kernel. liblzo2 would oblige whoever links
// it to the GPL.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace slipway::formats {

/// Unpacks a block of LZO1X (without the runs of zeros of LZO-RLE) into `to`. Returns how much it
/// held; nothing if it is damaged or holds more.
std::optional<std::size_t> unpack_lzo(ConstBytes packed, Bytes to);

} // namespace slipway::formats
