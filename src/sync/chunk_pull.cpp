#include "sync/chunk_pull.h"

#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "sync/remote_view.h"

namespace slipway::sync {

namespace {

/// Each thread has a connection; of ssh each would have to be let in.
std::size_t threads_for(const MirrorOptions& options) {
    return options.servers.front().scheme == net::Scheme::ssh ? 1 : 3;
}

std::vector<Digest> ids_of(const std::vector<Lacking>& objects) {
    std::vector<Digest> ids;
    for (const auto& object : objects) {
        ids.push_back(object.id);
    }
    return ids;
}

} // namespace

ChunkPull::ChunkPull(
    Peer& peer, store::Repository& repository, store::Ingestion& ingestion, Reporter& reporter
)
    : peer_(peer), repository_(repository), ingestion_(ingestion), reporter_(reporter),
      intake_(repository), task_(reporter, "fetching payload", Unit::bytes),
      pipeline_({.threads = threads_for(peer.options()), .in_flight_bytes = 96ULL << 20U}) {}

ChunkPull::~ChunkPull() = default;

void ChunkPull::add(const Lacking& object) {
    if (waiting_.size() == Peer::most_objects ||
        waiting_bytes_ + object.length > Peer::most_object_bytes) {
        submit();
    }
    waiting_.push_back(object);
    waiting_bytes_ += object.length;
}

void ChunkPull::submit() {
    if (waiting_.empty()) {
        return;
    }
    auto batch = std::make_shared<std::vector<Lacking>>(std::exchange(waiting_, {}));
    const auto bytes = std::exchange(waiting_bytes_, 0);
    const auto file = intake_.lock()->directory() / fmt::format("{}-{}.part", getpid(), batches_++);
    pipeline_.submit(bytes, [this, batch, bytes, file]() -> Deliver {
        store::VerifiedPack pack;
        const auto came = peer_.makes_packs() && peer_.assemble(ids_of(*batch), file, [&] {
            pack = store::verify_pack(file);
        });
        if (came) {
            // Here, not in the order of the batches: when another one fails, this one is kept.
            intake_.lock()->take(pack);
        } else {
            unlink(file.c_str());
            const auto refused = refused_.lock();
            refused->insert(refused->end(), batch->begin(), batch->end());
        }
        task_.advance(bytes);
        return {};
    });
}

std::vector<Lacking> ChunkPull::fetch_by_ranges(const std::vector<Lacking>& objects) {
    std::map<Digest, std::vector<Digest>> by_tree;
    for (const auto& object : objects) {
        by_tree[object.tree].push_back(object.id);
    }
    std::vector<Lacking> absent;
    for (const auto& [tree, ids] : by_tree) {
        const TemporaryDirectory scratch(repository_.paths().cache());
        RemoteOptions options{.mirrors = peer_.options(), .fetcher = {}};
        options.fetcher.cache_directory = scratch.path();
        RemoteView view(std::move(options), reporter_);
        view.prepare(tree);
        view.fetch_chunks(tree, ids, reporter_);
        for (const auto& id : ids) {
            const auto blob = view.open(id);
            if (!blob) {
                absent.push_back({id, 0, tree});
                continue;
            }
            ingestion_.add_object(tree::Kind::chunk, read_all(*blob, tree::largest_chunk));
        }
        peer_.add(view.totals());
    }
    return absent;
}

std::vector<Lacking> ChunkPull::finish_all() {
    submit();
    pipeline_.finish();
    const auto refused = std::exchange(*refused_.lock(), {});
    return refused.empty() ? refused : fetch_by_ranges(refused);
}

void ChunkPull::finish() {
    const auto absent = finish_all();
    if (!absent.empty()) {
        throw Error(
            Fault::not_found,
            fmt::format(
                "{} has no object {}",
                peer_.options().servers.front().text(),
                absent.front().id.hex()
            )
        )
            .hint("run `slipway fsck` there");
    }
}

} // namespace slipway::sync
