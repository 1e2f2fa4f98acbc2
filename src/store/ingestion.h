// Taking objects into a repository: hash, leave out what is held, group, compress, pack, index.
//
// Two bounded pipelines on all cores: the first reads and hashes, the second compresses frames.
// Between and behind them everything is in the order of the calls, so the same input gives the
// same packs. Nothing is visible until finish(), except that packs which are full get indexed.
#pragma once

#include <cstdint>
#include <memory>

#include "store/repository.h"
#include "tree/ingest.h"

namespace slipway::store {

struct IngestionOptions {
    int level = 3;                              ///< of zstd
    std::size_t frame_bytes = 256U << 10U;      ///< raw bytes a frame is closed at
    std::size_t frame_objects = 64;             ///< and objects
    std::uint64_t pack_bytes = 16ULL << 20U;    ///< stored bytes a pack is closed at
    std::size_t in_flight_bytes = 48ULL << 20U; ///< of each pipeline
};

struct IngestionTotals {
    std::uint64_t objects_new = 0;
    std::uint64_t objects_held = 0;
    std::uint64_t payload_bytes_new = 0; ///< raw bytes of new chunks
    std::uint64_t stored_bytes = 0;      ///< of packs written
    std::uint64_t packs = 0;
};

class Ingestion final : public tree::Ingest {
public:
    /// `repository` outlives it and is writable. Packs that a dead writer left are adopted first,
    /// and what it had not finished is removed.
    Ingestion(Repository& repository, IngestionOptions options);
    ~Ingestion() override; ///< Without finish(), drops what is not packed yet.

    void add_small(std::uint64_t size, ReadSmall read, Done done) override;
    void add_long(const std::function<void(Feed& feed)>& push, Done done) override;
    Digest add_object(Kind kind, Buffer encoded) override;
    bool holds(const tree::File& file) override;
    void settle() override;

    /// Packs, syncs and indexes everything added so far: it can be read, and commits may name it.
    void flush();

    /// As flush(); the end.
    IngestionTotals finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace slipway::store
