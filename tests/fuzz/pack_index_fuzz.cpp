// uses: store tree base
// What decodes as the index of a pack encodes to the same bytes; the end of a pack is decoded or
// refused.
#include "fuzz.h"
#include "store/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    fuzz::allow_corrupt([&] {
        fuzz::require(fuzz::equal(store::encode_pack_index(store::decode_pack_index(bytes)), bytes)
        );
    });
    fuzz::allow_corrupt([&] { store::decode_pack_end(bytes); });
    return 0;
}
