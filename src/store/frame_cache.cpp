#include "store/frame_cache.h"

namespace slipway::store {

std::shared_ptr<const Buffer>
FrameCache::get(const FrameKey& key, const std::function<std::shared_ptr<const Buffer>()>& decode) {
    {
        const auto state = state_.lock();
        if (const auto place = state->places.find(key); place != state->places.end()) {
            state->recent.splice(state->recent.begin(), state->recent, place->second);
            return place->second->bytes;
        }
    }
    auto bytes = decode();
    const auto state = state_.lock();
    if (!bytes || state->places.contains(key)) {
        return bytes;
    }
    state->recent.push_front({key, bytes});
    state->places.emplace(key, state->recent.begin());
    state->bytes += bytes->size();
    while (state->bytes > limit_bytes_ && state->recent.size() > 1) {
        state->bytes -= state->recent.back().bytes->size();
        state->places.erase(state->recent.back().key);
        state->recent.pop_back();
    }
    return bytes;
}

} // namespace slipway::store
