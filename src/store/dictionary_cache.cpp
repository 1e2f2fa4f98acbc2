#include "store/dictionary_cache.h"

#include <algorithm>

namespace slipway::store {

DictionaryCache::Bytes DictionaryCache::get(const Digest& id, const std::function<Bytes()>& load) {
    const auto state = state_.lock();
    auto& recent = state->recent;
    const auto known = std::find_if(recent.begin(), recent.end(), [&](const auto& held) {
        return held.first == id;
    });
    if (known != recent.end()) {
        recent.splice(recent.begin(), recent, known);
        return known->second;
    }
    auto bytes = load();
    if (!bytes) {
        return bytes;
    }
    recent.emplace_front(id, bytes);
    state->bytes += bytes->size();
    while (state->bytes > dictionary_cache_bytes && recent.size() > 1) {
        state->bytes -= recent.back().second->size();
        recent.pop_back();
    }
    return bytes;
}

} // namespace slipway::store
