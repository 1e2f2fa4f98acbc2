// Objects collected for one frame, and the frame made of them.
#pragma once

#include "base/zstd.h"
#include "store/pack.h"

namespace slipway::store {

struct FrameDraft {
    Buffer raw;
    std::vector<FrameObject> objects;

    void add(Kind kind, const Digest& id, ConstBytes bytes) {
        objects.push_back(
            {id,
             kind,
             static_cast<std::uint32_t>(raw.size()),
             static_cast<std::uint32_t>(bytes.size())}
        );
        raw.insert(raw.end(), bytes.begin(), bytes.end());
    }
};

/// Compressed, unless that would save next to nothing. `compressed` is draft.raw compressed.
EncodedFrame encode_frame(FrameDraft draft, Buffer compressed);

} // namespace slipway::store
