#include "sync/placed_tree.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::sync {

namespace {

constexpr std::size_t most_renewals = 5; ///< of places that name packs which are not there

std::vector<KnownDictionary> dictionaries_of(const Places& places) {
    std::vector<KnownDictionary> dictionaries;
    for (const auto& [id, place, length] : places.dictionaries) {
        dictionaries.push_back({place.frame, {place.offset, length, id}});
    }
    return dictionaries;
}

/// One chunk of a remote tree.
class RemoteChunk final : public Blob {
public:
    RemoteChunk(PlacedTree& tree, const Digest& id)
        : tree_(tree), id_(id), length_(tree.length_of(id)) {}

    std::uint64_t size() const override { return length_; }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        check_range(offset, buffer.size(), length_);
        tree_.read(id_, offset, buffer);
    }

private:
    PlacedTree& tree_;
    Digest id_;
    std::uint32_t length_;
};

} // namespace

MatchedPlaces match_places(const Contents& objects, const Places& places) {
    MatchedPlaces matched;
    auto& frames = matched.frames;
    for (const auto& placed : places.frames) {
        frames.push_back({places.packs[placed.pack], placed.place, {}});
    }
    matched.dictionaries = dictionaries_of(places);
    for (const auto& dictionary : matched.dictionaries) {
        frames[dictionary.frame].parts.push_back(dictionary.part);
    }
    std::size_t next = 0;
    tree::for_each_chunk(objects, places.tree, [&](const tree::ChunkRef& chunk) {
        if (next >= places.chunks.size()) {
            throw Error(Fault::corrupt, "places name fewer chunks than the tree has");
        }
        const auto& place = places.chunks[next++];
        const auto length = static_cast<std::uint32_t>(chunk.length);
        if (place.offset + chunk.length > places.frames[place.frame].place.raw_length) {
            throw Error(
                Fault::corrupt, fmt::format("chunk {} lies outside its frame", chunk.id.hex())
            );
        }
        matched.chunks.emplace(chunk.id, Slice{place.frame, place.offset, length});
        frames[place.frame].parts.push_back({place.offset, length, chunk.id});
    });
    if (next != places.chunks.size()) {
        throw Error(Fault::corrupt, "places name more chunks than the tree has");
    }
    for (const auto& frame : frames) {
        if (frame.parts.empty()) { // its bytes could not be verified
            throw Error(Fault::corrupt, "places name a frame that holds nothing of the tree");
        }
    }
    return matched;
}

std::unique_ptr<Blob> PlacedTree::open(const Digest& id) {
    return std::make_unique<RemoteChunk>(*this, id);
}

void PlacedTree::read(const Digest& id, std::uint64_t offset, Bytes buffer) {
    in_place([&](const Placed& placed) {
        const auto& slice = placed.chunks.at(id);
        const auto frame = placed.fetcher->get(slice.frame);
        if (!frame) {
            return false;
        }
        const auto bytes = ConstBytes(*frame).subspan(slice.offset + offset, buffer.size());
        std::copy(bytes.begin(), bytes.end(), buffer.begin());
        return true;
    });
}

void PlacedTree::fetch_all(Reporter& reporter) {
    in_place([&](const Placed& placed) { return placed.fetcher->fetch_all(reporter); });
}

void PlacedTree::fetch(const std::vector<Digest>& chunks, Reporter& reporter) {
    in_place([&](const Placed& placed) {
        std::set<std::uint32_t> frames;
        for (const auto& id : chunks) {
            const auto chunk = placed.chunks.find(id);
            if (chunk != placed.chunks.end()) {
                frames.insert(chunk->second.frame);
            }
        }
        return placed.fetcher->fetch({frames.begin(), frames.end()}, reporter);
    });
}

/// Calls `attempt` until it is true, each time with newer places.
void PlacedTree::in_place(const std::function<bool(const Placed&)>& attempt) {
    auto placed = now();
    for (std::size_t round = 0; !attempt(*placed); ++round) {
        if (round >= most_renewals && !mirrors_.is_patient()) {
            throw Error(Fault::not_found, "the server says where chunks lie and has no such pack")
                .hint("run `slipway fsck` on the server");
        }
        if (round > 0) {
            mirrors_.pause(round);
        }
        placed = newer_than(placed);
    }
}

std::shared_ptr<const Placed> PlacedTree::newer_than(const std::shared_ptr<const Placed>& placed) {
    const auto held = now_.lock();
    if (*held == placed) {
        *held = find_();
    }
    return *held;
}

} // namespace slipway::sync
