#include "sync/frame_fetcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/pipeline.h"

namespace slipway::sync {

FrameFetcher::FrameFetcher(Mirrors& mirrors, std::vector<KnownFrame> frames, FetcherOptions options)
    : mirrors_(mirrors), frames_(std::move(frames)), options_(std::move(options)),
      memory_(options_.memory_bytes) {
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
        }
        changed_.notify_one();
        return future.get();
    });
}

void FrameFetcher::prefetch(std::uint32_t number) {
    {
        const auto state = state_.lock();
        if (state->futures.contains(number)) {
            return;
        }
        expect(*state, number);
        state->foreseen.push_back(number);
    }
    changed_.notify_one();
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
            fetch(request, [&](std::uint32_t number, const Frame& frame) {
                memory_.get({0, number}, [&] { return frame; });
                settle(number, [&](std::promise<Frame>& promise) { promise.set_value(frame); });
            });
        } catch (...) {
            for (const auto number : request.numbers) {
                settle(number, [](std::promise<Frame>& promise) {
                    promise.set_exception(std::current_exception());
                });
            }
        }
    }
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

void FrameFetcher::fetch(
    const Request& request, const std::function<void(std::uint32_t, Frame)>& deliver
) {
    const auto& front = frames_[request.numbers.front()];
    const auto& back = frames_[request.numbers.back()].place;
    const auto first = front.place.offset;
    net::ClientRequest get;
    get.path = "/v1/packs/" + store::pack_file_name(front.pack);
    get.range = net::ByteRange{first, back.offset + back.stored_length - first};

    std::size_t delivered = 0; // frames accepted, in this or an earlier attempt
    Buffer body;
    std::size_t at = 0;
    const auto accept_ready = [&] {
        for (; at < request.numbers.size(); ++at) {
            const auto number = request.numbers[at];
            const auto& place = frames_[number].place;
            const auto offset = place.offset - first;
            if (offset + place.stored_length > body.size()) {
                return;
            }
            if (at < delivered) {
                continue;
            }
            const auto stored = ConstBytes(body).subspan(offset, place.stored_length);
            const auto frame = decode(number, stored);
            keep(number, stored);
            deliver(number, frame);
            ++delivered;
        }
    };
    const Mirrors::Receiver receiver{
        [&] {
            body.clear();
            at = 0;
        },
        [&](ConstBytes piece) {
            if (piece.size() > get.range->length - body.size()) {
                throw Error(Fault::corrupt, "more bytes than were asked for");
            }
            body.insert(body.end(), piece.begin(), piece.end());
            accept_ready();
        },
        [&] {
            if (delivered != request.numbers.size()) {
                throw Error(Fault::corrupt, "fewer bytes than were asked for");
            }
        }};
    if (!mirrors_.fetch(get, receiver)) {
        throw Error(
            Fault::not_found, fmt::format("the server no longer has pack {}", front.pack.hex())
        )
            .hint("the server has repacked: run the command again");
    }
}

FrameFetcher::Frame FrameFetcher::decode(std::uint32_t number, ConstBytes stored) const {
    const auto& known = frames_[number];
    auto raw = std::make_shared<const Buffer>(store::decode_frame(known.place, stored));
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

void FrameFetcher::settle(
    std::uint32_t number, const std::function<void(std::promise<Frame>&)>& set
) {
    const auto state = state_.lock();
    const auto taken = state->taken.find(number);
    if (taken == state->taken.end()) {
        return;
    }
    set(taken->second);
    state->taken.erase(taken);
    state->futures.erase(number);
}

/// Everything that is not cached, in as few requests as may be.
std::vector<FrameFetcher::Request> FrameFetcher::bulk_requests() {
    std::vector<std::uint32_t> missing;
    for (std::uint32_t number = 0; number < frames_.size(); ++number) {
        if (!find_cached(number)) {
            missing.push_back(number);
        }
    }
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

void FrameFetcher::fetch_all(Reporter& reporter) {
    const auto requests = bulk_requests();
    std::uint64_t total = 0;
    for (const auto& request : requests) {
        for (const auto number : request.numbers) {
            total += frames_[number].place.stored_length;
        }
    }
    if (total == 0) {
        return;
    }
    Task task(reporter, "fetching", Unit::bytes, total);
    parallel_for(requests.size(), [&](std::size_t i) {
        fetch(requests[i], [&](std::uint32_t number, const Frame&) {
            task.advance(frames_[number].place.stored_length);
        });
    });
}

} // namespace slipway::sync
