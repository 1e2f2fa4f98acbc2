// Making frames: objects are collected, then compressed together.
#pragma once

#include <vector>

#include "base/guarded.h"
#include "base/zstd.h"
#include "store/pack.h"

namespace slipway::store {

/// Objects collected for one frame.
struct FrameDraft {
    Buffer raw;
    std::vector<FrameObject> objects;

    void add(Kind kind, const Digest& id, ConstBytes bytes);
};

/// A dictionary that frames are made with.
struct FrameDictionary {
    FrameDictionary(Digest name, Buffer content, CompressionDictionary made)
        : id(name), bytes(std::move(content)), prepared(std::move(made)) {}

    Digest id;
    Buffer bytes;
    CompressionDictionary prepared;
};

/// Any thread: compressors that are not at work wait for the next who needs one.
class FrameEncoder {
public:
    explicit FrameEncoder(int level) : level_(level) {}

    /// What hardly shrinks is stored as it is. `dictionary` may be null.
    EncodedFrame encode(FrameDraft draft, const FrameDictionary* dictionary = nullptr);

private:
    Compressor take();

    int level_;
    Guarded<std::vector<Compressor>> free_;
};

} // namespace slipway::store
