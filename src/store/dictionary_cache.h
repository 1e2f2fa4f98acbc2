// Dictionaries that frames are decompressed with, kept while they are in use.
//
// There are few, and each is needed again and again: reading one anew for every frame would cost
// more than the frame.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "base/guarded.h"

namespace slipway::store {

constexpr std::size_t dictionary_cache_bytes = 32U << 20U;

/// Any thread. Those not used for longest go first; one is always kept.
class DictionaryCache {
public:
    using Bytes = std::shared_ptr<const Buffer>;

    /// The dictionary, read by `load` if it is not held; null if that gives none. Loads one at a
    /// time: who needs the same one waits for it.
    Bytes get(const Digest& id, const std::function<Bytes()>& load);

private:
    struct State {
        std::list<std::pair<Digest, Bytes>> recent; // most recent first
        std::size_t bytes = 0;
    };

    Guarded<State> state_;
};

} // namespace slipway::store
