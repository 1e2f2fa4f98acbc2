// EROFS images. No library that Debian has reads them.
#pragma once

#include <memory>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// `image` outlives it. Fault::refused, with a hint, for what is not known: further devices,
/// fragments, packed tails, and compressions other than LZ4 and LZMA.
std::unique_ptr<ImageReader> open_erofs(const Blob& image);

} // namespace slipway::formats
