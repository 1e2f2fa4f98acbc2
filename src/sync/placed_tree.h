// A tree of a remote repository whose chunks can be read: where they lie, and how they come.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "sync/frame_fetcher.h"
#include "sync/mirrors.h"
#include "sync/places.h"

namespace slipway::sync {

/// Where a chunk lies: a frame by its number in the fetcher, and the slice of it.
struct Slice {
    std::uint32_t frame = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
};

/// Places, which name nothing, with the names of what is there.
struct MatchedPlaces {
    std::unordered_map<Digest, Slice> chunks;
    std::vector<KnownFrame> frames;
    std::vector<KnownDictionary> dictionaries;
};

/// Matches the places of a tree with its chunks; `objects` holds what the tree is made of besides.
/// Throws Fault::corrupt if they do not belong together.
MatchedPlaces match_places(const Contents& objects, const Places& places);

/// Where the chunks of a tree lie, as the servers said it once.
struct Placed {
    std::unordered_map<Digest, Slice> chunks;
    std::unique_ptr<FrameFetcher> fetcher;
};

/// A tree whose chunks can be read. When the servers no longer have a pack, because they have
/// collected or repacked, they are asked again where everything lies. Any thread.
class PlacedTree {
public:
    using Find = std::function<std::shared_ptr<const Placed>()>;

    /// `find` asks the servers.
    PlacedTree(Mirrors& mirrors, Find find)
        : mirrors_(mirrors), find_(std::move(find)), now_(find_()) {}

    bool contains(const Digest& id) const { return now()->chunks.contains(id); }

    std::uint32_t length_of(const Digest& id) const { return now()->chunks.at(id).length; }

    /// A chunk of the tree; its frame is fetched when it is first read. The tree outlives it.
    std::unique_ptr<Blob> open(const Digest& id);

    void read(const Digest& id, std::uint64_t offset, Bytes buffer);

    void fetch_all(Reporter& reporter);

    /// What holds these chunks, as far as they are of this tree.
    void fetch(const std::vector<Digest>& chunks, Reporter& reporter);

private:
    std::shared_ptr<const Placed> now() const { return *now_.lock(); }

    void in_place(const std::function<bool(const Placed&)>& attempt);
    std::shared_ptr<const Placed> newer_than(const std::shared_ptr<const Placed>& placed);

    Mirrors& mirrors_;
    Find find_;
    mutable Guarded<std::shared_ptr<const Placed>> now_;
};

} // namespace slipway::sync
