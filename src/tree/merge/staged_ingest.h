// What a scan or an archive reader finds, kept in memory.
#pragma once

#include "tree/ingest.h"
#include "tree/merge/staged_objects.h"

namespace slipway::tree {

/// An Ingest in front of StagedObjects, which outlive it. All happens on the calling thread.
/// More than `most_bytes` of payload, zeros among it, are refused (Fault::refused).
class StagedIngest final : public Ingest {
public:
    StagedIngest(StagedObjects& objects, std::uint64_t most_bytes)
        : objects_(objects), left_(most_bytes) {}

    void add_small(std::uint64_t size, ReadSmall read, Done done) override;
    void add_long(const std::function<void(Feed& feed)>& push, Done done) override;
    Digest add_object(Kind kind, Buffer encoded) override;

    /// False: what is asked for is added again.
    bool holds(const File& /*file*/) override { return false; }

    void settle() override {}

private:
    class BufferFeed;

    void take(std::uint64_t bytes);

    StagedObjects& objects_;
    std::uint64_t left_;
};

} // namespace slipway::tree
