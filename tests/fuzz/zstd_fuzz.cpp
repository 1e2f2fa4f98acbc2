// uses: base
// A frame, after two bytes that say how much it holds, decompresses to the same bytes at once and
// as a stream, and these survive being compressed again.
#include "base/zstd.h"
#include "fuzz.h"

namespace slipway {
namespace {

void read_as_stream(ConstBytes frame) {
    MemorySource in(frame);
    DecompressingSource source(in);
    Buffer piece(1000);
    std::size_t left = 4U << 20U; // more is no other case, only slower
    for (std::size_t count = 1; count > 0 && left > count;) {
        count = source.read(piece);
        left -= count;
    }
}

void decompress_both_ways(ConstBytes frame, std::size_t raw_size) {
    const auto raw = decompress(frame, raw_size);
    MemorySource in(frame);
    DecompressingSource source(in);
    Buffer streamed(raw_size + 1);
    streamed.resize(read_fully(source, streamed));
    fuzz::require(streamed == raw);
    fuzz::require(decompress(Compressor(1).compress(raw), raw_size) == raw);
    if (!is_trained_dictionary(frame)) {
        const CompressionDictionary prepared(frame, 1);
        const auto with = Compressor(1).compress(raw, prepared);
        fuzz::require(decompress(with, raw_size, frame) == raw);
    }
}

} // namespace
} // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    if (bytes.size() >= 2) {
        const auto frame = bytes.subspan(2);
        fuzz::allow_corrupt([&] { read_as_stream(frame); });
        fuzz::allow_corrupt([&] { decompress_both_ways(frame, load_u16(bytes)); });
        if (!is_trained_dictionary(frame)) {
            fuzz::allow_corrupt([&] { decompress(frame, load_u16(bytes), frame); });
        }
    }
    return 0;
}
