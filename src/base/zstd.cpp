#include "base/zstd.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"

namespace slipway {

namespace {

constexpr std::size_t usual_window = 8U << 20U; ///< of the levels up to 19
constexpr int widest = 26;                      ///< bits of a window

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

using CompressorPointer = std::unique_ptr<ZSTD_CCtx, FreeCompressor>;
using DecompressorPointer = std::unique_ptr<ZSTD_DCtx, FreeDecompressor>;

/// `result`, or the Error it stands for.
std::size_t check(std::size_t result, Fault fault) {
    if (ZSTD_isError(result) != 0) {
        throw Error(fault, fmt::format("zstd: {}", ZSTD_getErrorName(result)));
    }
    return result;
}

CompressorPointer make_compressor(int level) {
    CompressorPointer context(ZSTD_createCCtx());
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level), Fault::usage);
    return context;
}

} // namespace

struct CompressionDictionary::State {
    std::unique_ptr<ZSTD_CDict, decltype(&ZSTD_freeCDict)> zstd;
};

CompressionDictionary::CompressionDictionary(ConstBytes bytes, int level)
    : state_(std::make_unique<State>(State{
          {ZSTD_createCDict(bytes.data(), bytes.size(), level), ZSTD_freeCDict}})) {
    if (!state_->zstd) {
        throw Error(Fault::internal, "zstd: cannot prepare a dictionary");
    }
}

CompressionDictionary::~CompressionDictionary() = default;
CompressionDictionary::CompressionDictionary(CompressionDictionary&&) noexcept = default;

struct Compressor::Context {
    CompressorPointer zstd;
};

Compressor::Compressor(int level) : context_(std::make_unique<Context>()) {
    context_->zstd = make_compressor(level);
}

Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

Buffer Compressor::compress(ConstBytes data) {
    // No level looks back further than `usual_window`; a frame that is longer is worth it.
    const auto window = data.size() > usual_window ? std::bit_width(data.size() - 1) : 0;
    check(
        ZSTD_CCtx_setParameter(
            context_->zstd.get(), ZSTD_c_windowLog, std::min(static_cast<int>(window), widest)
        ),
        Fault::internal
    );
    Buffer frame(ZSTD_compressBound(data.size()));
    frame.resize(check(
        ZSTD_compress2(context_->zstd.get(), frame.data(), frame.size(), data.data(), data.size()),
        Fault::internal
    ));
    return frame;
}

Buffer Compressor::compress(ConstBytes data, const CompressionDictionary& dictionary) {
    Buffer frame(ZSTD_compressBound(data.size()));
    frame.resize(check(
        ZSTD_compress_usingCDict(
            context_->zstd.get(),
            frame.data(),
            frame.size(),
            data.data(),
            data.size(),
            dictionary.state_->zstd.get()
        ),
        Fault::internal
    ));
    return frame;
}

bool is_trained_dictionary(ConstBytes bytes) {
    return bytes.size() >= sizeof(std::uint32_t) &&
           ByteReader(bytes).u32() == ZSTD_MAGIC_DICTIONARY;
}

void decompress_into(ConstBytes frame, Bytes raw, ConstBytes dictionary) {
    // NOLINTNEXTLINE(*-avoid-non-const-global-variables): a context to reuse.
    thread_local const DecompressorPointer context(ZSTD_createDCtx());
    if (check(ZSTD_findFrameCompressedSize(frame.data(), frame.size()), Fault::corrupt) !=
        frame.size()) {
        throw Error(Fault::corrupt, "bytes follow the end of a zstd frame");
    }
    const auto size = check(
        ZSTD_decompress_usingDict(
            context.get(),
            raw.data(),
            raw.size(),
            frame.data(),
            frame.size(),
            dictionary.data(),
            dictionary.size()
        ),
        Fault::corrupt
    );
    if (size != raw.size()) {
        throw Error(
            Fault::corrupt, fmt::format("zstd frame holds {} bytes, not {}", size, raw.size())
        );
    }
}

Buffer decompress(ConstBytes frame, std::size_t raw_size, ConstBytes dictionary) {
    Buffer raw(raw_size);
    decompress_into(frame, raw, dictionary);
    return raw;
}

struct CompressingSink::Context {
    Sink& out;
    CompressorPointer zstd;
    Buffer block = Buffer(ZSTD_CStreamOutSize());

    /// Feeds `data`; returns what is still inside when the stream was to be ended.
    std::size_t feed(ConstBytes data, ZSTD_EndDirective directive) {
        ZSTD_inBuffer in{data.data(), data.size(), 0};
        for (;;) {
            ZSTD_outBuffer written{block.data(), block.size(), 0};
            const auto left =
                check(ZSTD_compressStream2(zstd.get(), &written, &in, directive), Fault::internal);
            out.write(ConstBytes(block).first(written.pos));
            const auto done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
            if (done) {
                return left;
            }
        }
    }
};

CompressingSink::CompressingSink(Sink& out, int level)
    : context_(std::make_unique<Context>(Context{out, make_compressor(level)})) {}

CompressingSink::~CompressingSink() = default;

void CompressingSink::write(ConstBytes data) {
    context_->feed(data, ZSTD_e_continue);
}

void CompressingSink::finish() {
    context_->feed({}, ZSTD_e_end);
    context_->out.finish();
}

struct DecompressingSource::Context {
    Source& in;
    DecompressorPointer zstd{ZSTD_createDCtx()};
    Buffer block = Buffer(ZSTD_DStreamInSize());
    ZSTD_inBuffer pending{nullptr, 0, 0};
    std::size_t expected = 0; // 0 between frames, else what zstd would like next
};

DecompressingSource::DecompressingSource(Source& in)
    : context_(std::make_unique<Context>(Context{in})) {}

DecompressingSource::~DecompressingSource() = default;

std::size_t DecompressingSource::read(Bytes buffer) {
    auto& state = *context_;
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0 && out.size != 0) {
        bool ended = false;
        if (state.pending.pos == state.pending.size) {
            const auto count = state.in.read(state.block);
            state.pending = {state.block.data(), count, 0};
            ended = count == 0;
        }
        if (ended && state.expected == 0) {
            break;
        }
        const auto before = state.pending.pos;
        state.expected =
            check(ZSTD_decompressStream(state.zstd.get(), &out, &state.pending), Fault::corrupt);
        if (ended && out.pos == 0 && state.pending.pos == before) {
            throw Error(Fault::corrupt, "zstd stream ends early");
        }
    }
    return out.pos;
}

} // namespace slipway
