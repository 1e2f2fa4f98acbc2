// Content-defined chunking: FastCDC with normalised chunking.
//
// Source: W. Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data
// Deduplication", USENIX ATC 2016. The gear table and the masks are part of the format
// (docs/format/objects.md): changing them changes the identity of every long file.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace slipway {

struct ChunkSizes {
    std::size_t smallest = 64U << 10U; ///< at least 64
    std::size_t usual = 256U << 10U;   ///< a power of two
    std::size_t largest = 1U << 20U;
};

/// The length of the first chunk of `data`. If `data` is shorter than `sizes.largest` it must be
/// all there is to come. Never 0 unless `data` is empty.
std::size_t next_chunk_length(ConstBytes data, const ChunkSizes& sizes);

} // namespace slipway
