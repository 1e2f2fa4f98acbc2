#include "sync/frame_fetcher.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include <fmt/format.h>

#include "base/pipeline.h"

namespace slipway::sync {

namespace {

/// Cuts the frames of one request out of what comes for it. What was accepted in one attempt is
/// passed over in the next.
class FrameCutter {
public:
    using Accept = std::function<void(std::uint32_t number, ConstBytes stored)>;

    /// `numbers` are of one pack, by offset. `accept` may throw Fault::corrupt.
    FrameCutter(
        const std::vector<KnownFrame>& frames,
        const std::vector<std::uint32_t>& numbers,
        Accept accept
    )
        : frames_(frames), numbers_(numbers), accept_(std::move(accept)) {}

    void begin() {
        position_ = frames_[numbers_.front()].place.offset;
        stored_.clear();
    }

    void take(ConstBytes piece) {
        while (!piece.empty() && accepted_ < numbers_.size()) {
            const auto number = numbers_[accepted_];
            const auto& place = frames_[number].place;
            const auto is_gap = position_ < place.offset;
            const auto wanted =
                is_gap ? place.offset - position_ : place.stored_length - stored_.size();
            const auto part = piece.first(std::min<std::uint64_t>(wanted, piece.size()));
            piece = piece.subspan(part.size());
            position_ += part.size();
            if (is_gap) {
                continue;
            }
            stored_.insert(stored_.end(), part.begin(), part.end());
            if (stored_.size() == place.stored_length) {
                accept_(number, stored_);
                ++accepted_;
                stored_.clear();
            }
        }
    }

    void end() const {
        if (accepted_ != numbers_.size()) {
            throw Error(Fault::corrupt, "fewer bytes than were asked for");
        }
    }

private:
    const std::vector<KnownFrame>& frames_;
    const std::vector<std::uint32_t>& numbers_;
    Accept accept_;
    std::size_t accepted_ = 0;
    std::uint64_t position_ = 0; // in the pack
    Buffer stored_;              // what has come of the next frame
};

} // namespace

FrameFetcher::FrameFetcher(
    Mirrors& mirrors,
    std::vector<KnownFrame> frames,
    std::vector<KnownDictionary> dictionaries,
    FetcherOptions options
)
    : mirrors_(mirrors), frames_(std::move(frames)), dictionaries_(std::move(dictionaries)),
      options_(std::move(options)), memory_(options_.memory_bytes) {
    if (!options_.cache_directory.empty()) {
        disk_ = std::make_unique<PackCache>(options_.cache_directory);
    }
    for (std::size_t i = 0; i < options_.connections; ++i) {
        workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

FrameFetcher::~FrameFetcher() {
    for (auto& worker : workers_) {
        worker.request_stop();
    }
    changed_.notify_all();
}

FrameFetcher::Frame FrameFetcher::get(std::uint32_t number) {
    return memory_.get({0, number}, [&]() -> Frame {
        if (auto cached = find_cached(number)) {
            return cached;
        }
        std::shared_future<Frame> future;
        {
            const auto state = state_.lock();
            future = expect(*state, number);
            state->wanted.push_back(number);
            foresee(*state, number);
        }
        changed_.notify_one();
        return future.get();
    });
}

/// Has the frames behind `missed` fetched too, if it is where the last reading ended.
void FrameFetcher::foresee(State& state, std::uint32_t missed) const {
    auto& ahead = state.ahead;
    const auto goes_on = missed == ahead.next && missed > 0;
    ahead.window = goes_on ? std::min(2 * ahead.window + 1, options_.most_ahead) : 0;
    const auto left = static_cast<std::uint32_t>(frames_.size()) - missed - 1;
    ahead.window = std::min(ahead.window, left);
    ahead.next = missed + ahead.window + 1;
    for (auto number = missed + 1; number < ahead.next; ++number) {
        if (!state.futures.contains(number)) {
            expect(state, number);
            state.foreseen.push_back(number);
        }
    }
}

std::shared_future<FrameFetcher::Frame> FrameFetcher::expect(State& state, std::uint32_t number) {
    auto& future = state.futures[number];
    if (!future.valid()) {
        future = state.waiting[number].get_future().share();
    }
    return future;
}

void FrameFetcher::work(const std::stop_token& stop) {
    for (;;) {
        Request request;
        {
            auto state = state_.lock();
            const auto more = changed_.wait(state.lock(), stop, [&] {
                return !state->wanted.empty() || !state->foreseen.empty();
            });
            if (!more) {
                return;
            }
            request = take_request(*state);
        }
        if (request.numbers.empty()) {
            continue;
        }
        try {
            const auto found = fetch(request, [&](std::uint32_t number, const Frame& frame) {
                memory_.get({0, number}, [&] { return frame; });
                settle(number, frame);
            });
            if (!found) {
                settle_rest(request);
            }
        } catch (const Error& error) {
            fail(request, error.fault() == Fault::corrupt ? Blame::first : Blame::all);
        } catch (...) {
            fail(request, Blame::all);
        }
    }
}

/// Hands the exception being handled to who waits for frames of the request. Frames are accepted
/// in order, so only the first one left is known to be damaged: the others are fetched anew.
void FrameFetcher::fail(const Request& request, Blame blame) {
    bool is_first = true;
    {
        const auto state = state_.lock();
        for (const auto number : request.numbers) {
            const auto taken = state->taken.find(number);
            if (taken == state->taken.end()) {
                continue;
            }
            if (blame == Blame::all || is_first) {
                taken->second.set_exception(std::current_exception());
                state->futures.erase(number);
            } else {
                state->waiting.emplace(number, std::move(taken->second));
                state->wanted.push_back(number);
            }
            state->taken.erase(taken);
            is_first = false;
        }
    }
    changed_.notify_all();
}

/// The frame waited for longest, and with it what waits near it.
FrameFetcher::Request FrameFetcher::take_request(State& state) const {
    auto& queue = state.wanted.empty() ? state.foreseen : state.wanted;
    const auto first = queue.front();
    queue.pop_front();
    if (!state.waiting.contains(first)) {
        return {}; // it went with another
    }
    Request request{neighbours(state, first)};
    for (const auto number : request.numbers) {
        state.taken.emplace(number, std::move(state.waiting.at(number)));
        state.waiting.erase(number);
    }
    return request;
}

/// Those waiting that are worth fetching in one request with `first`, by offset.
std::vector<std::uint32_t> FrameFetcher::neighbours(const State& state, std::uint32_t first) const {
    std::vector<std::uint32_t> near;
    for (const auto& [number, promise] : state.waiting) {
        if (frames_[number].pack == frames_[first].pack) {
            near.push_back(number);
        }
    }
    const auto offset = [&](auto at) { return frames_[*at].place.offset; };
    const auto end = [&](auto at) { return offset(at) + frames_[*at].place.stored_length; };
    std::sort(near.begin(), near.end(), [&](auto a, auto b) {
        return frames_[a].place.offset < frames_[b].place.offset;
    });
    auto begin = std::find(near.begin(), near.end(), first);
    auto last = begin;
    const auto joins = [&](auto left, auto right) {
        return offset(right) - end(left) <= options_.largest_gap;
    };
    while (begin != near.begin() && joins(std::prev(begin), begin) &&
           end(last) - offset(std::prev(begin)) <= options_.largest_request) {
        --begin;
    }
    while (std::next(last) != near.end() && joins(last, std::next(last)) &&
           end(std::next(last)) - offset(begin) <= options_.largest_request) {
        ++last;
    }
    return {begin, std::next(last)};
}

/// False if the pack is gone.
bool FrameFetcher::fetch(
    const Request& request, const std::function<void(std::uint32_t, Frame)>& deliver
) {
    for (const auto number : request.numbers) {
        const auto& place = frames_[number].place;
        // Before a connection waits for it.
        if (store::needs_dictionary(place) && !dictionary(place.dictionary)) {
            return false;
        }
    }
    const auto& front = frames_[request.numbers.front()];
    const auto& back = frames_[request.numbers.back()].place;
    net::ClientRequest get;
    get.path = "/v1/packs/" + store::pack_file_name(front.pack);
    get.range =
        net::ByteRange{front.place.offset, back.offset + back.stored_length - front.place.offset};
    FrameCutter cutter(frames_, request.numbers, [&](std::uint32_t number, ConstBytes stored) {
        const auto frame = decode(number, stored);
        keep(number, stored);
        deliver(number, frame);
    });
    const Mirrors::Receiver receiver{
        [&] { cutter.begin(); },
        [&](ConstBytes piece) { cutter.take(piece); },
        [&] { cutter.end(); }};
    return mirrors_.fetch(get, receiver, Mirrors::Absence::from_any);
}

FrameFetcher::Frame FrameFetcher::decode(std::uint32_t number, ConstBytes stored) {
    const auto& known = frames_[number];
    const auto with =
        store::needs_dictionary(known.place) ? dictionary(known.place.dictionary) : nullptr;
    if (store::needs_dictionary(known.place) && !with) {
        throw Error(Fault::not_found, "the pack of a frame's dictionary is gone");
    }
    auto raw = std::make_shared<const Buffer>(
        store::decode_frame(known.place, stored, with ? ConstBytes(*with) : ConstBytes())
    );
    for (const auto& part : known.parts) {
        if (part.offset > raw->size() || part.length > raw->size() - part.offset) {
            throw Error(
                Fault::corrupt, fmt::format("object {} lies outside its frame", part.id.hex())
            );
        }
        store::verify_object(part.id, ConstBytes(*raw).subspan(part.offset, part.length));
    }
    return raw;
}

/// Null if its pack is gone.
FrameFetcher::Frame FrameFetcher::dictionary(const Digest& id) {
    const auto known =
        std::find_if(dictionaries_.begin(), dictionaries_.end(), [&](const auto& at) {
            return at.part.id == id;
        });
    if (known == dictionaries_.end()) {
        throw Error(Fault::corrupt, fmt::format("nobody says where dictionary {} is", id.hex()));
    }
    return loaded_.get(id, [&] { return load_dictionary(*known); });
}

/// Here and now, not by a worker: all of them may wait for this one.
FrameFetcher::Frame FrameFetcher::load_dictionary(const KnownDictionary& known) {
    auto frame = find_cached(known.frame);
    if (!frame) {
        fetch({{known.frame}}, [&](std::uint32_t, Frame fetched) { frame = std::move(fetched); });
    }
    if (!frame) {
        return nullptr;
    }
    const auto& part = known.part;
    const auto bytes = ConstBytes(*frame).subspan(part.offset, part.length);
    store::verify_dictionary(part.id, bytes);
    return std::make_shared<const Buffer>(to_buffer(bytes));
}

void FrameFetcher::keep(std::uint32_t number, ConstBytes stored) const {
    if (!disk_) {
        return;
    }
    try {
        disk_->keep(frames_[number].pack, frames_[number].place, stored);
    } catch (const Error&) {
        // A cache that is full or gone costs speed only: what is fetched is used all the same.
    }
}

FrameFetcher::Frame FrameFetcher::find_cached(std::uint32_t number) {
    try {
        const auto& known = frames_[number];
        const auto stored = disk_ ? disk_->find(known.pack, known.place) : std::nullopt;
        return stored ? decode(number, *stored) : nullptr;
    } catch (const Error&) {
        return nullptr; // half written or damaged: it is fetched again
    }
}

void FrameFetcher::settle(std::uint32_t number, const Frame& frame) {
    const auto state = state_.lock();
    const auto taken = state->taken.find(number);
    taken->second.set_value(frame);
    state->taken.erase(taken);
    state->futures.erase(number);
}

/// What frames are compressed with comes first, or it would be fetched twice. False if a pack is
/// gone.
bool FrameFetcher::load_dictionaries() {
    return std::all_of(dictionaries_.begin(), dictionaries_.end(), [&](const auto& known) {
        return dictionary(known.part.id) != nullptr;
    });
}

/// Tells who waits for what is left of a request that its pack is gone.
void FrameFetcher::settle_rest(const Request& request) {
    const auto state = state_.lock();
    for (const auto number : request.numbers) {
        if (const auto taken = state->taken.find(number); taken != state->taken.end()) {
            taken->second.set_value(nullptr);
            state->taken.erase(taken);
            state->futures.erase(number);
        }
    }
}

/// What of these frames is not cached, in as few requests as may be.
std::vector<FrameFetcher::Request> FrameFetcher::bulk_requests(std::vector<std::uint32_t> missing) {
    std::erase_if(missing, [&](std::uint32_t number) { return find_cached(number) != nullptr; });
    const auto key = [&](std::uint32_t number) {
        return std::pair(frames_[number].pack, frames_[number].place.offset);
    };
    std::sort(missing.begin(), missing.end(), [&](auto a, auto b) { return key(a) < key(b); });
    std::vector<Request> requests;
    for (const auto number : missing) {
        const auto& place = frames_[number].place;
        const auto end = place.offset + place.stored_length;
        if (!requests.empty()) {
            const auto& front = frames_[requests.back().numbers.front()];
            const auto& back = frames_[requests.back().numbers.back()].place;
            if (front.pack == frames_[number].pack &&
                place.offset - (back.offset + back.stored_length) <= options_.largest_gap &&
                end - front.place.offset <= options_.largest_bulk_request) {
                requests.back().numbers.push_back(number);
                continue;
            }
        }
        requests.push_back({{number}});
    }
    return requests;
}

bool FrameFetcher::fetch_all(Reporter& reporter) {
    std::vector<std::uint32_t> numbers(frames_.size());
    std::iota(numbers.begin(), numbers.end(), 0U);
    return fetch(std::move(numbers), reporter);
}

bool FrameFetcher::fetch(std::vector<std::uint32_t> numbers, Reporter& reporter) {
    if (!disk_) {
        return true;
    }
    if (!load_dictionaries()) {
        return false;
    }
    const auto requests = bulk_requests(std::move(numbers));
    std::uint64_t total = 0;
    for (const auto& request : requests) {
        for (const auto number : request.numbers) {
            total += frames_[number].place.stored_length;
        }
    }
    if (total == 0) {
        return true;
    }
    std::atomic<bool> all_there = true;
    Task task(reporter, "fetching", Unit::bytes, total);
    Pipeline pipeline({.threads = options_.connections});
    for (const auto& request : requests) {
        pipeline.submit(0, [&]() -> Deliver {
            const auto found = fetch(request, [&](std::uint32_t number, const Frame&) {
                task.advance(frames_[number].place.stored_length);
            });
            if (!found) {
                all_there = false;
            }
            return {};
        });
    }
    pipeline.finish();
    return all_there;
}

} // namespace slipway::sync
