// What merges made, kept in memory until it is known that it is wanted.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tree/ingest.h"
#include "tree/merge/merge.h"

namespace slipway::tree {

/// A MergeSink whose objects can be read at once, in front of the Contents they were made from, so
/// that one merge can go on from the result of another. One thread writes, then any may read.
/// Memory: what merges write, which is what both sides changed.
class StagedObjects final : public Contents, public MergeSink {
public:
    /// `beneath` outlives it.
    explicit StagedObjects(const Contents& beneath) : beneath_(beneath) {}

    std::unique_ptr<Blob> open(const Digest& id) const override;

    Digest add(Kind kind, Buffer encoded) override;
    File add_file(Buffer bytes) override;

    /// Adds everything to `ingest`, in the order in which it came.
    void put_into(Ingest& ingest) const;

private:
    using Bytes = std::shared_ptr<const Buffer>;

    Digest keep(Bytes bytes);
    void keep_runs(const Bytes& bytes, File& file);

    const Contents& beneath_;
    std::unordered_map<Digest, Bytes> objects_;
    std::vector<Bytes> files_;                   ///< whole
    std::vector<std::pair<Kind, Bytes>> others_; ///< directories and commits
};

/// `tree` with the file at `path` ("/etc/passwd") made of `bytes`, all else as it was. A path that
/// names no regular file, or an inode with other names, leaves the tree as it is.
Digest with_file(
    const Contents& contents,
    MergeSink& sink,
    const Digest& tree,
    std::string_view path,
    Buffer bytes
);

} // namespace slipway::tree
