// Bundles: many whole objects in one download (docs/format/bundle.md).
#pragma once

#include <functional>

#include "base/stream.h"
#include "base/zstd.h"
#include "tree/objects.h"

namespace slipway::sync {

/// Writes a bundle to `out`, which outlives it; it is compressed as it is written.
class BundleWriter {
public:
    explicit BundleWriter(Sink& out);

    void add(tree::Kind kind, ConstBytes object);

    /// Ends the bundle and finishes `out`.
    void finish();

private:
    CompressingSink compressed_;
    std::uint64_t count_ = 0;
};

/// Calls `take` for every object of a bundle; its name is computed from its bytes. The end of the
/// bundle is checked last, so what was taken counts only when this returns.
/// Throws Fault::corrupt for a damaged or truncated bundle, and for one whose objects together are
/// longer than `limit_bytes`: a few compressed bytes can stand for very many.
void read_bundle(
    Source& in,
    std::uint64_t limit_bytes,
    const std::function<void(tree::Kind kind, const Digest& id, Buffer object)>& take
);

} // namespace slipway::sync
