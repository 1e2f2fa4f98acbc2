// zstd frames, each independent and with its content size in its header.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/stream.h"

namespace slipway {

/// Compresses one frame after another. One thread at a time; make one a thread and keep it.
class Compressor {
public:
    explicit Compressor(int level);
    ~Compressor();
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;

    Buffer compress(ConstBytes data);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// The content of one zstd frame, which must be exactly `raw_size` bytes. Any thread.
/// Throws Fault::corrupt for anything else.
Buffer decompress(ConstBytes frame, std::size_t raw_size);

/// As decompress(), into a buffer of the right size.
void decompress_into(ConstBytes frame, Bytes raw);

/// A sink that writes one zstd stream of what it is given to `out`, which outlives it.
class CompressingSink final : public Sink {
public:
    CompressingSink(Sink& out, int level);
    ~CompressingSink() override;

    void write(ConstBytes data) override;

    /// Ends the stream, then finishes `out`.
    void finish() override;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// A source of what the zstd stream `in`, which outlives it, holds. Throws Fault::corrupt.
class DecompressingSource final : public Source {
public:
    explicit DecompressingSource(Source& in);
    ~DecompressingSource() override;

    std::size_t read(Bytes buffer) override;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace slipway
