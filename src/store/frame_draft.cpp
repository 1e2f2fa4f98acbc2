#include "store/frame_draft.h"

namespace slipway::store {

namespace {

/// A frame that takes at most this share of its raw size is worth decompressing.
constexpr double worthwhile = 0.97;

} // namespace

EncodedFrame encode_frame(FrameDraft draft, Buffer compressed) {
    EncodedFrame encoded;
    encoded.stored = std::move(compressed);
    encoded.frame.place.codec = Codec::zstd;
    encoded.frame.place.raw_length = static_cast<std::uint32_t>(draft.raw.size());
    if (static_cast<double>(encoded.stored.size()) >
        worthwhile * static_cast<double>(draft.raw.size())) {
        encoded.frame.place.codec = Codec::raw;
        encoded.stored = std::move(draft.raw);
    }
    encoded.frame.place.stored_length = static_cast<std::uint32_t>(encoded.stored.size());
    encoded.frame.objects = std::move(draft.objects);
    return encoded;
}

} // namespace slipway::store
