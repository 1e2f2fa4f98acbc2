// What a merge makes, put into a repository.
#pragma once

#include "tree/ingest.h"
#include "tree/merge/merge.h"

namespace slipway::tree {

/// A MergeSink in front of an Ingest, which outlives it. One thread.
class IngestSink final : public MergeSink {
public:
    explicit IngestSink(Ingest& ingest) : ingest_(ingest) {}

    Digest add(Kind kind, Buffer encoded) override;

    /// Waits for files that are longer than one chunk, whose name is known only then.
    File add_file(Buffer bytes) override;

private:
    Ingest& ingest_;
};

/// The file that a payload is, stored nowhere.
File identify(ConstBytes bytes);

} // namespace slipway::tree
