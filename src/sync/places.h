// Where each chunk of a tree lies in a server's packs (docs/format/places.md).
//
// Chunks are not named: they come in the order of tree::for_each_chunk, which whoever has the
// directories knows. So the places of 20,000 chunks take some 60 kB, not 1 MB.
#pragma once

#include <cstdint>
#include <vector>

#include "store/pack.h"
#include "store/repository.h"

namespace slipway::sync {

struct PlacedFrame {
    std::uint32_t pack = 0; ///< in Places::packs
    store::FramePlace place;
    friend bool operator==(const PlacedFrame&, const PlacedFrame&) = default;
};

struct ChunkPlace {
    std::uint32_t frame = 0;  ///< in Places::frames
    std::uint32_t offset = 0; ///< in the decoded frame
    friend bool operator==(const ChunkPlace&, const ChunkPlace&) = default;
};

/// Where a dictionary lies that frames of the places need.
struct DictionaryPlace {
    Digest id;
    ChunkPlace place;
    std::uint32_t length = 0;
    friend bool operator==(const DictionaryPlace&, const DictionaryPlace&) = default;
};

struct Places {
    Digest tree;
    std::vector<Digest> packs;
    std::vector<DictionaryPlace> dictionaries; ///< each once, in the order of their first use
    std::vector<PlacedFrame> frames;           ///< of chunks and of dictionaries
    std::vector<ChunkPlace> chunks;            ///< in the order of tree::for_each_chunk
    friend bool operator==(const Places&, const Places&) = default;
};

/// Looks up every chunk of `tree`. Throws Fault::corrupt if the repository lacks one.
Places find_places(const store::Repository& repository, const Digest& tree);

/// Compressed.
Buffer encode(const Places& places);

/// Throws Fault::corrupt for anything that is not an encoding of places.
Places decode_places(ConstBytes bytes);

} // namespace slipway::sync
