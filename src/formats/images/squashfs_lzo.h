// The compressor that libsquashfs of Debian lacks.
#pragma once

#include "formats/images/squashfs_data.h"

namespace slipway::formats {

/// Unpacks LZO blocks for libsquashfs; it packs nothing.
Compressor make_lzo_compressor();

} // namespace slipway::formats
