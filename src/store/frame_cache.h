// Decoded frames, kept while they are in use again and again (least recently used go first).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/bytes.h"
#include "base/guarded.h"

namespace slipway::store {

/// Names a frame: its pack's number and its offset there.
struct FrameKey {
    std::uint32_t pack = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const FrameKey&, const FrameKey&) = default;
};

struct FrameKeyHash {
    std::size_t operator()(const FrameKey& key) const noexcept {
        return std::hash<std::uint64_t>{}(key.offset * 0x9E3779B97F4A7C15U + key.pack);
    }
};

/// Any thread.
class FrameCache {
public:
    explicit FrameCache(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    /// The frame, decoded by `decode` if it is not held. Null if that gives none.
    std::shared_ptr<const Buffer>
    get(const FrameKey& key, const std::function<std::shared_ptr<const Buffer>()>& decode);

    /// The same; who wants a frame that another thread decodes waits for it. For frames that cost
    /// much and are soon there.
    std::shared_ptr<const Buffer>
    get_once(const FrameKey& key, const std::function<std::shared_ptr<const Buffer>()>& decode);

private:
    class Decoding;
    std::shared_ptr<const Buffer> find(const FrameKey& key);

    struct Held {
        FrameKey key;
        std::shared_ptr<const Buffer> bytes;
    };

    struct State {
        std::list<Held> recent; // most recent first
        std::unordered_map<FrameKey, std::list<Held>::iterator, FrameKeyHash> places;
        std::size_t bytes = 0;
        std::unordered_set<FrameKey, FrameKeyHash> under_way; ///< of get_once()
    };

    std::size_t limit_bytes_;
    Guarded<State> state_;
    std::condition_variable changed_; // under_way has
};

} // namespace slipway::store
