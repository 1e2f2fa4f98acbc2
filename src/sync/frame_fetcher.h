// Frames of remote packs: fetched together where they are neighbours, verified, decoded, kept.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "store/dictionary_cache.h"
#include "store/frame_cache.h"
#include "sync/mirrors.h"
#include "sync/pack_cache.h"
#include "sync/places.h"

namespace slipway::sync {

/// An object that a frame is known to hold.
struct FramePart {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    Digest id;
};

/// A dictionary that frames are compressed with: a part of a frame that needs none itself.
struct KnownDictionary {
    std::uint32_t frame = 0; ///< its number
    FramePart part;
};

/// A frame, and what it must hold to be accepted.
struct KnownFrame {
    Digest pack;
    store::FramePlace place;
    std::vector<FramePart> parts;
};

struct FetcherOptions {
    std::size_t memory_bytes = 64U << 20U; ///< of decoded frames
    std::filesystem::path cache_directory; ///< empty: frames are kept in memory only
    std::size_t connections = 4;
    std::uint64_t largest_request = 8U << 20U;       ///< stored bytes
    std::uint64_t largest_bulk_request = 16U << 20U; ///< the same for fetch_all()
    std::uint64_t largest_gap = 16U << 10U; ///< bytes fetched for nothing to save a request
    std::uint32_t most_ahead = 8;           ///< frames fetched ahead of who reads in order
};

/// Any thread asks for frames by number; a few worker threads fetch them. Frames that wait at the
/// same time and lie near each other travel in one request; each is handed out as soon as its own
/// bytes are there. Nothing is accepted whose parts do not hash to their names.
///
/// Whoever reads frame after frame has the next ones fetched ahead, in the same request.
///
/// A dictionary is fetched when the first frame needs it, and once.
///
/// Memory: the limit of decoded frames, and one frame, stored and decoded, a connection; and the
/// dictionaries in use (dictionary_cache.h).
class FrameFetcher {
public:
    FrameFetcher(
        Mirrors& mirrors,
        std::vector<KnownFrame> frames,
        std::vector<KnownDictionary> dictionaries,
        FetcherOptions options
    );
    ~FrameFetcher();
    FrameFetcher(const FrameFetcher&) = delete;
    FrameFetcher& operator=(const FrameFetcher&) = delete;

    using Frame = std::shared_ptr<const Buffer>;

    /// Waits for the frame. Null if its pack is gone from the servers: they have repacked, and the
    /// tree has other places now. Errors: as Mirrors::fetch.
    Frame get(std::uint32_t number);

    /// Fetches every frame that the cache directory lacks into it, in few requests. Without a cache
    /// directory it does nothing. False if a pack is gone.
    bool fetch_all(Reporter& reporter);

    /// As fetch_all(), these frames only.
    bool fetch(std::vector<std::uint32_t> numbers, Reporter& reporter);

    const KnownFrame& frame(std::uint32_t number) const { return frames_[number]; }

private:
    struct Request {
        std::vector<std::uint32_t> numbers; ///< by offset, of one pack
    };

    /// Guesses what is read next: frames are numbered in the order of the tree.
    struct ReadAhead {
        std::uint32_t next = 0;   ///< the miss that would go on where the last one ended
        std::uint32_t window = 0; ///< frames to foresee; doubles while reading goes on in order
    };

    struct State {
        ReadAhead ahead;
        std::deque<std::uint32_t> wanted;                               // somebody waits
        std::deque<std::uint32_t> foreseen;                             // nobody waits yet
        std::unordered_map<std::uint32_t, std::promise<Frame>> waiting; // not asked for yet
        std::unordered_map<std::uint32_t, std::promise<Frame>> taken;   // a worker fetches them
        std::unordered_map<std::uint32_t, std::shared_future<Frame>> futures; // of both
    };

    void work(const std::stop_token& stop);
    static std::shared_future<Frame> expect(State& state, std::uint32_t number);
    void foresee(State& state, std::uint32_t missed) const;
    Request take_request(State& state) const;
    std::vector<std::uint32_t> neighbours(const State& state, std::uint32_t first) const;
    bool fetch(const Request& request, const std::function<void(std::uint32_t, Frame)>& deliver);
    Frame decode(std::uint32_t number, ConstBytes stored);
    Frame dictionary(const Digest& id);
    Frame load_dictionary(const KnownDictionary& known);
    bool load_dictionaries();
    void keep(std::uint32_t number, ConstBytes stored) const;
    std::vector<Request> bulk_requests(std::vector<std::uint32_t> numbers);
    Frame find_cached(std::uint32_t number);
    void settle(std::uint32_t number, const Frame& frame);
    void settle_rest(const Request& request);
    enum class Blame { first, all };
    void fail(const Request& request, Blame blame);

    Mirrors& mirrors_;
    const std::vector<KnownFrame> frames_;
    const std::vector<KnownDictionary> dictionaries_;
    const FetcherOptions options_;
    store::FrameCache memory_;
    store::DictionaryCache loaded_;
    std::unique_ptr<PackCache> disk_;
    Guarded<State> state_;
    std::condition_variable_any changed_;
    std::vector<std::jthread> workers_; // last: joined before the rest goes
};

} // namespace slipway::sync
