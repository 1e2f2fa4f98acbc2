// The payload of files: how bytes become chunks, and a file's chunks a Blob again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// Opens the bytes of `file` in `contents`, which outlives the result; any thread may read it.
/// Chunks are fetched as they are read. Throws Fault::not_found if `contents` lacks one.
std::unique_ptr<Blob> open_file(const Contents& contents, const File& file);

/// Reads and decodes an object. Throws Fault::not_found if `contents` lacks it.
Directory load_directory(const Contents& contents, const Digest& id);
ChunkList load_chunk_list(const Contents& contents, const Digest& id);
Commit load_commit(const Contents& contents, const Digest& id);

/// Cuts a file into runs (docs/format/objects.md, "Cutting"): the same bytes give the same runs,
/// however they arrive and wherever the source had holes.
///
/// Feed the bytes in order with data() and zeros(), then end(). Each run is handed to `emit` with
/// its bytes (empty for zeros) as soon as it is known; they are valid during the call only.
/// Memory: two largest chunks.
class Cutter {
public:
    using Emit = std::function<void(const std::uint64_t length, ConstBytes bytes)>;

    explicit Cutter(Emit emit);

    void data(ConstBytes bytes);
    void zeros(std::uint64_t length);
    void end();

private:
    void cut(bool final);
    void flush_zeros();

    Emit emit_;
    Buffer pending_;               // bytes of the current segment, not yet emitted
    Buffer block_;                 // an unfinished 4 KiB block
    std::uint64_t zero_bytes_ = 0; // whole zero blocks seen since the last byte of pending_
};

} // namespace slipway::tree
