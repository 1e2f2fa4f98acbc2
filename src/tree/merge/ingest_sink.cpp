#include "tree/merge/ingest_sink.h"

#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::tree {

Digest IngestSink::add(Kind kind, Buffer encoded) {
    return ingest_.add_object(kind, std::move(encoded));
}

File IngestSink::add_file(Buffer bytes) {
    if (bytes.empty()) {
        return {};
    }
    if (bytes.size() <= largest_single_chunk) {
        const File file{bytes.size(), sha256(bytes)};
        ingest_.add_small(
            file.size,
            [kept = std::move(bytes)]() mutable { return std::move(kept); },
            [](const File&) {}
        );
        return file;
    }
    File file;
    ingest_.add_long(
        [&](Ingest::Feed& feed) { feed.data(bytes); }, [&](const File& stored) { file = stored; }
    );
    ingest_.settle();
    return file;
}

File identify(ConstBytes bytes) {
    if (bytes.empty()) {
        return {};
    }
    if (bytes.size() <= largest_single_chunk) {
        return {bytes.size(), sha256(bytes)};
    }
    ChunkList list;
    Cutter cutter([&](std::uint64_t length, ConstBytes run) {
        list.runs.push_back({length, run.empty() ? std::nullopt : std::optional(sha256(run))});
    });
    cutter.data(bytes);
    cutter.end();
    return {bytes.size(), sha256(encode(list))};
}

} // namespace slipway::tree
