// What a file is, told by its bytes.
#pragma once

#include "base/bytes.h"

namespace slipway::formats {

enum class SourceKind {
    tar,
    cpio,
    squashfs,
    erofs,
    ext,
    iso9660,
    containers, ///< a tar archive of container images; recognise() says tar
    compressed, ///< gzip, xz, zstd, bzip2, lz4, lzip, compress or lzma
    unknown,
};

/// As much of a file's beginning as recognise() looks at.
constexpr std::size_t recognised_bytes = 68U << 10U;

/// Takes the first recognised_bytes of a file, or all of it. Throws Fault::refused, with a hint,
/// for what is known but cannot be imported: disk images, archives of other kinds.
SourceKind recognise(ConstBytes beginning);

} // namespace slipway::formats
