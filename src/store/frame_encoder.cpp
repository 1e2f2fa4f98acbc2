#include "store/frame_encoder.h"

namespace slipway::store {

namespace {

/// A frame that takes at most this share of its raw size is worth decompressing.
constexpr double worthwhile = 0.97;

} // namespace

void FrameDraft::add(Kind kind, const Digest& id, ConstBytes bytes) {
    objects.push_back(
        {id, kind, static_cast<std::uint32_t>(raw.size()), static_cast<std::uint32_t>(bytes.size())}
    );
    raw.insert(raw.end(), bytes.begin(), bytes.end());
}

EncodedFrame FrameEncoder::encode(FrameDraft draft, const FrameDictionary* dictionary) {
    EncodedFrame encoded;
    auto& place = encoded.frame.place;
    auto compressor = take();
    if (dictionary != nullptr) {
        encoded.stored = compressor.compress(draft.raw, dictionary->prepared);
        place.codec = Codec::zstd_with_dictionary;
        place.dictionary = dictionary->id;
    } else {
        encoded.stored = compressor.compress(draft.raw);
        place.codec = Codec::zstd;
    }
    free_.lock()->push_back(std::move(compressor));
    place.raw_length = static_cast<std::uint32_t>(draft.raw.size());
    if (static_cast<double>(encoded.stored.size()) >
        worthwhile * static_cast<double>(draft.raw.size())) {
        place.codec = Codec::raw;
        place.dictionary = {};
        encoded.stored = std::move(draft.raw);
    }
    place.stored_length = static_cast<std::uint32_t>(encoded.stored.size());
    encoded.frame.objects = std::move(draft.objects);
    return encoded;
}

Compressor FrameEncoder::take() {
    const auto free = free_.lock();
    if (free->empty()) {
        return Compressor(level_);
    }
    auto compressor = std::move(free->back());
    free->pop_back();
    return compressor;
}

} // namespace slipway::store
