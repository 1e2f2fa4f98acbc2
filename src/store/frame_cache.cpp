#include "store/frame_cache.h"

namespace slipway::store {

/// Null if it is not held.
std::shared_ptr<const Buffer> FrameCache::find(const FrameKey& key) {
    const auto state = state_.lock();
    const auto place = state->places.find(key);
    if (place == state->places.end()) {
        return nullptr;
    }
    state->recent.splice(state->recent.begin(), state->recent, place->second);
    return place->second->bytes;
}

std::shared_ptr<const Buffer>
FrameCache::get(const FrameKey& key, const std::function<std::shared_ptr<const Buffer>()>& decode) {
    if (auto held = find(key)) {
        return held;
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

/// One thread's turn at a frame; the next one's begins when it ends, however it does.
class FrameCache::Decoding {
public:
    Decoding(FrameCache& cache, const FrameKey& key) : cache_(cache), key_(key) {
        auto state = cache_.state_.lock();
        cache_.changed_.wait(state.lock(), [&] { return !state->under_way.contains(key_); });
        state->under_way.insert(key_);
    }

    ~Decoding() {
        cache_.state_.lock()->under_way.erase(key_);
        cache_.changed_.notify_all();
    }

    Decoding(const Decoding&) = delete;
    Decoding& operator=(const Decoding&) = delete;

private:
    FrameCache& cache_;
    FrameKey key_;
};

std::shared_ptr<const Buffer> FrameCache::get_once(
    const FrameKey& key, const std::function<std::shared_ptr<const Buffer>()>& decode
) {
    if (auto held = find(key)) {
        return held;
    }
    const Decoding turn(*this, key);
    return get(key, decode); // it may be there by now
}

} // namespace slipway::store
