// Chosen objects of a peer, fetched into a repository in few requests.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/pipeline.h"
#include "base/reporter.h"
#include "store/ingestion.h"
#include "store/intake.h"
#include "sync/peer.h"

namespace slipway::sync {

/// An object that is lacking, and a tree of the peer's that needs it.
struct Lacking {
    Digest id;
    std::uint64_t length = 0; ///< 0: not known
    Digest tree;
};

/// Asks for packs of what is lacking as soon as there is enough for one. Where none are made, it
/// reads chunks out of the peer's packs. One thread calls.
class ChunkPull {
public:
    /// All outlive it.
    ChunkPull(
        Peer& peer, store::Repository& repository, store::Ingestion& ingestion, Reporter& reporter
    );
    ~ChunkPull();

    void add(const Lacking& object);

    /// Fetches what was added and has not come yet. Throws Fault::not_found for what the peer has
    /// not, unless it is to be told.
    void finish();

    /// As finish(); returns what the peer could not give.
    std::vector<Lacking> finish_all();

private:
    void submit();
    std::vector<Lacking> fetch_by_ranges(const std::vector<Lacking>& objects);

    Peer& peer_;
    store::Repository& repository_;
    store::Ingestion& ingestion_;
    Reporter& reporter_;
    Guarded<store::Intake> intake_;
    Task task_;
    std::vector<Lacking> waiting_;
    std::uint64_t waiting_bytes_ = 0;
    std::uint64_t batches_ = 0;
    Guarded<std::vector<Lacking>> refused_; ///< by who makes packs
    Pipeline pipeline_;                     ///< last: its threads use the rest
};

} // namespace slipway::sync
