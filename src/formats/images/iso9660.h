// ISO 9660 media (ECMA-119) with Rock Ridge names.
//
// No library that Debian has tells where on the medium a file lies, and that is what is needed: the
// filesystem of a live medium is read where it is.
#pragma once

#include <memory>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// Reads names, sizes, times and places of files; owners and modes are not taken from the medium:
/// everything is 0644 or 0755 root. Names without Rock Ridge are in lower case and have no version.
/// `image` outlives it.
std::unique_ptr<ImageReader> open_iso9660(const Blob& image);

} // namespace slipway::formats
