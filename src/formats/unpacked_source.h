// The bytes behind a compressed stream, whichever of the usual compressions it has.
#pragma once

#include <memory>

#include "base/stream.h"

namespace slipway::formats {

/// What `packed`, which outlives it, holds: gzip, xz, zstd, bzip2, lz4, lzip, lzma or
/// compress; anything else as it is.
/// By libarchive. Throws Fault::corrupt for a damaged stream or one that is cut off.
class UnpackedSource final : public Source {
public:
    explicit UnpackedSource(Source& packed);
    ~UnpackedSource() override;

    std::size_t read(Bytes buffer) override;

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

} // namespace slipway::formats
