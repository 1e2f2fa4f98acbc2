// The index of a compressed file of an EROFS image: where its extents begin and where they lie.
//
// Source: the Linux kernel's fs/erofs/zmap.c and erofs_fs.h. A file is cut into clusters of equal
// size. For each the index says whether an extent begins in it, and where.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/images/erofs_compressed.h"

namespace slipway::formats {

/// The extents of `file` in order, the first at 0. Throws Fault::corrupt, and Fault::refused for
/// forms that are not known.
std::vector<ErofsUnpacker::Extent> read_erofs_index(
    const Blob& image, const erofs::Superblock& superblock, const ErofsUnpacker::File& file
);

} // namespace slipway::formats
