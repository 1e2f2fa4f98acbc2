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
    using Emit = std::function<void(std::uint64_t length, ConstBytes bytes)>;

    explicit Cutter(Emit emit);

    void data(ConstBytes bytes);

    /// Costs the same for any length.
    void zeros(std::uint64_t length);

    /// Emits the rest; the next byte starts another file.
    void end();

private:
    bool in_zeros() const { return zeros_ >= shortest_zeros; }

    void scan();
    void take_zero_block();
    void emit_zeros();
    void cut(std::size_t end, std::size_t least);
    void compact();

    Emit emit_;
    Buffer buffer_;
    std::size_t begin_ = 0;   // of the current segment's bytes that are not yet emitted
    std::size_t scanned_ = 0; // up to here whole blocks have been seen to be zeros or not
    std::size_t filled_ = 0;  // up to here buffer_ holds bytes
    std::uint64_t zeros_ = 0; // of whole zero blocks before scanned_; in buffer_ unless in_zeros()
};

} // namespace slipway::tree
