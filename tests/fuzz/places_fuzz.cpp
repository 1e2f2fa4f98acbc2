// uses: sync store tree net base
// Places are decoded or refused; what was decoded survives being encoded. The input is compressed
// here, so that the fuzzer reaches what lies inside; if its first byte is odd it is taken as it is,
// else its second bit chooses the version.
#include "base/zstd.h"
#include "fuzz.h"
#include "sync/places.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    if (size == 0) {
        return 0;
    }
    const auto input = fuzz::input(data, size).subspan(1);
    Buffer encoded;
    if (data[0] % 2 == 0) {
        ByteWriter raw;
        raw.text((data[0] & 2U) == 0 ? "slipway places 1\n" : "slipway places 2\n");
        raw.bytes(input);
        ByteWriter whole;
        whole.u32(static_cast<std::uint32_t>(raw.size()));
        whole.bytes(Compressor(1).compress(raw.view()));
        encoded = std::move(whole).take();
    } else {
        encoded = to_buffer(input);
    }
    fuzz::allow_corrupt([&] {
        const auto places = sync::decode_places(encoded);
        for (const auto& chunk : places.chunks) {
            fuzz::require(chunk.offset < places.frames.at(chunk.frame).place.raw_length);
        }
        fuzz::require(sync::decode_places(sync::encode(places)) == places);
    });
    return 0;
}
