// uses: store tree base
// What decodes as the index of a pack encodes to the same bytes; the ends of a pack are decoded or
// refused.
#include "fuzz.h"
#include "store/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    if (size == 0) {
        return 0;
    }
    // The first byte chooses the version.
    const auto version = data[0] == 2 ? store::PackVersion::two : store::PackVersion::one;
    const auto bytes = fuzz::input(data, size).subspan(1);
    fuzz::allow_corrupt([&] {
        const auto frames = store::decode_pack_index(bytes, version);
        fuzz::require(fuzz::equal(store::encode_pack_index(frames, version), bytes));
    });
    const std::string_view start =
        version == store::PackVersion::two ? "slipway pack 2\n" : "slipway pack 1\n";
    fuzz::allow_corrupt([&] { store::decode_pack_ends(as_bytes(start), bytes); });
    return 0;
}
