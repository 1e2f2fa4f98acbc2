// The compressions that kernels know: of their modules, and of an initramfs.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace slipway::server::boot {

enum class Compression : std::uint8_t { none, gzip, xz, zstd };

/// By the end of a file's name: "erofs.ko.xz".
Compression compression_of_name(std::string_view name);

/// Throws Fault::corrupt for damaged bytes, and for more than `limit` bytes of content.
Buffer uncompress(Compression compression, ConstBytes bytes, std::uint64_t limit);

/// As small as it goes, in a form that the kernel's own decompressors take. The same bytes give
/// the same result.
Buffer compress_for_kernel(Compression compression, ConstBytes bytes);

} // namespace slipway::server::boot
