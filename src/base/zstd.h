// zstd frames, each independent and with its content size in its header.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/stream.h"

namespace slipway {

/// Bytes that frames may refer back to, made ready for compressing at one level. Any thread.
class CompressionDictionary {
public:
    CompressionDictionary(ConstBytes bytes, int level);
    ~CompressionDictionary();
    CompressionDictionary(CompressionDictionary&&) noexcept;

private:
    friend class Compressor;
    struct State;
    std::unique_ptr<State> state_;
};

/// Compresses one frame after another. One thread at a time; make one a thread and keep it.
class Compressor {
public:
    explicit Compressor(int level);
    ~Compressor();
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;

    Buffer compress(ConstBytes data);

    /// At the dictionary's level. Only who has its bytes can decompress the frame.
    Buffer compress(ConstBytes data, const CompressionDictionary& dictionary);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// The content of one zstd frame, which must be exactly `raw_size` bytes. Any thread.
/// Throws Fault::corrupt for anything else. `dictionary`: the bytes it was compressed with.
Buffer decompress(ConstBytes frame, std::size_t raw_size, ConstBytes dictionary = {});

/// As decompress(), into a buffer of the right size.
void decompress_into(ConstBytes frame, Bytes raw, ConstBytes dictionary = {});

/// True if zstd would take the bytes for tables and not for text to refer back to.
bool is_trained_dictionary(ConstBytes bytes);

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
