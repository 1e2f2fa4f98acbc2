// The four shapes in which bytes move.
//
// Pull (Source) is the default. Whoever produces by pushing (a tar reader, a
// scan) drives a visitor instead of pretending to be a Source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/digest.h"

namespace slipway {

/// Bytes read once, in order.
class Source {
public:
    virtual ~Source() = default;

    /// Fills a prefix of `buffer`; 0 means the end, and only the end.
    virtual std::size_t read(Bytes buffer) = 0;
};

/// Bytes written once, in order, and kept only if finish() returns.
class Sink {
public:
    virtual ~Sink() = default;

    virtual void write(ConstBytes data) = 0;

    /// Makes what was written durable; destroying an unfinished Sink discards it.
    virtual void finish() = 0;
};

/// A fixed size, any range at any time, from any thread.
class Blob {
public:
    virtual ~Blob() = default;

    virtual std::uint64_t size() const = 0;

    /// Fills all of `buffer` from `offset`, or throws.
    virtual void read_at(std::uint64_t offset, Bytes buffer) const = 0;
};

/// Objects by digest; what is opened has been verified or verifies as it is read.
class Contents {
public:
    virtual ~Contents() = default;

    /// Null if this collection does not hold `id`.
    virtual std::unique_ptr<Blob> open(const Digest& id) const = 0;
};

/// A Blob that owns its bytes.
class MemoryBlob final : public Blob {
public:
    explicit MemoryBlob(Buffer bytes) : bytes_(std::make_shared<const Buffer>(std::move(bytes))) {}

    explicit MemoryBlob(std::shared_ptr<const Buffer> bytes) : bytes_(std::move(bytes)) {}

    std::uint64_t size() const override { return bytes_->size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override;

private:
    std::shared_ptr<const Buffer> bytes_;
};

/// A Source over bytes that outlive it.
class MemorySource final : public Source {
public:
    explicit MemorySource(ConstBytes bytes) : rest_(bytes) {}

    std::size_t read(Bytes buffer) override;

private:
    ConstBytes rest_;
};

/// A Source that reads a Blob, which outlives it, from its start.
class BlobSource final : public Source {
public:
    explicit BlobSource(const Blob& blob) : blob_(blob) {}

    std::size_t read(Bytes buffer) override;

private:
    const Blob& blob_;
    std::uint64_t position_ = 0;
};

/// All of `blob`; more than `limit` bytes are refused with Fault::corrupt.
Buffer read_all(const Blob& blob, std::uint64_t limit);

/// Fills as much of `buffer` as the source still has; less than all only at its end.
std::size_t read_fully(Source& source, Bytes buffer);

/// Throws Fault::usage if [offset, offset + length) reaches past `size`.
void check_range(std::uint64_t offset, std::uint64_t length, std::uint64_t size);

} // namespace slipway
