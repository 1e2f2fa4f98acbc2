// uses: formats tree base
// Any bytes as a block of LZO1X: they are unpacked or refused, and nothing is written beyond.
#include "formats/images/lzo.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    Buffer to(64U << 10U);
    const auto held = formats::unpack_lzo(fuzz::input(data, size), to);
    fuzz::require(!held || *held <= to.size());
    return 0;
}
