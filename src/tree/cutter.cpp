// Cutting files into runs (docs/format/objects.md, "Cutting").
#include <algorithm>
#include <array>
#include <cassert>

#include "base/fastcdc.h"
#include "tree/content.h"

namespace slipway::tree {

namespace {

constexpr ChunkSizes sizes;
static_assert(sizes.largest == largest_chunk);

constexpr std::array<std::byte, zero_block> zero_bytes{};

} // namespace

// After a cut less than one largest chunk, too few zeros for a run and a part of a block remain;
// the rest of the buffer is room for what comes.
Cutter::Cutter(Emit emit) : emit_(std::move(emit)), buffer_(2 * sizes.largest) {}

void Cutter::data(ConstBytes bytes) {
    while (!bytes.empty()) {
        if (filled_ == buffer_.size()) {
            compact();
        }
        const auto taken = bytes.first(std::min(bytes.size(), buffer_.size() - filled_));
        std::copy(taken.begin(), taken.end(), Bytes(buffer_).subspan(filled_).begin());
        filled_ += taken.size();
        bytes = bytes.subspan(taken.size());
        scan();
    }
}

void Cutter::zeros(std::uint64_t length) {
    // As bytes, until whole blocks can be counted without being seen.
    while (length > 0 && !(in_zeros() && scanned_ == filled_)) {
        const auto room = zero_block - (filled_ - scanned_);
        const auto count = std::min(length, room);
        data(ConstBytes(zero_bytes).first(count));
        length -= count;
    }
    zeros_ += length - length % zero_block;
    data(ConstBytes(zero_bytes).first(length % zero_block));
}

void Cutter::end() {
    // What is left behind scanned_ is the file's last, partial block.
    const auto rest = filled_ - scanned_;
    if (in_zeros() && all_zero(Bytes(buffer_).subspan(scanned_, rest))) {
        zeros_ += rest;
        begin_ = filled_;
    }
    emit_zeros();
    cut(filled_, 1);
    begin_ = scanned_ = filled_ = 0;
    zeros_ = 0;
}

/// Looks at every whole block that is new, and emits what is certain.
void Cutter::scan() {
    for (; filled_ - scanned_ >= zero_block;) {
        if (all_zero(Bytes(buffer_).subspan(scanned_, zero_block))) {
            take_zero_block();
        } else {
            emit_zeros();
            zeros_ = 0;
            scanned_ += zero_block;
        }
    }
    if (!in_zeros()) {
        cut(scanned_ - zeros_, sizes.largest);
    }
}

void Cutter::take_zero_block() {
    zeros_ += zero_block;
    scanned_ += zero_block;
    if (zeros_ == shortest_zeros) {
        cut(scanned_ - zeros_, 1);
    }
    if (in_zeros()) {
        begin_ = scanned_;
    }
}

/// Ends a run of zeros, if there is one.
void Cutter::emit_zeros() {
    if (in_zeros()) {
        emit_(zeros_, {});
    }
}

/// Emits chunks of the segment up to `end` while at least `least` bytes of it are there.
void Cutter::cut(std::size_t end, std::size_t least) {
    assert(begin_ <= end && end <= filled_);
    while (end - begin_ >= least) {
        const auto rest = ConstBytes(buffer_).subspan(begin_, end - begin_);
        const auto length = next_chunk_length(rest, sizes);
        emit_(length, rest.first(length));
        begin_ += length;
    }
}

void Cutter::compact() {
    assert(begin_ > 0);
    const auto bytes = Bytes(buffer_);
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(begin_), bytes.end(), bytes.begin());
    scanned_ -= begin_;
    filled_ -= begin_;
    begin_ = 0;
}

} // namespace slipway::tree
