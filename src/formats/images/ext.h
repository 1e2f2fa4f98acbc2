// ext2, ext3 and ext4 images, read by libext2fs.
#pragma once

#include <memory>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// `image` outlives it. An empty /lost+found is left out: it belongs to the filesystem, not to the
/// system in it. Fault::refused for a filesystem whose journal was not replayed, for encrypted
/// files and for features that libext2fs does not know.
std::unique_ptr<ImageReader> open_ext(const Blob& image);

} // namespace slipway::formats
