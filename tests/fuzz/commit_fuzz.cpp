// uses: tree base
// What decodes as a commit encodes to the same bytes.
#include "fuzz.h"
#include "tree/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    fuzz::allow_corrupt([&] {
        fuzz::require(fuzz::equal(tree::encode(tree::decode_commit(bytes)), bytes));
    });
    return 0;
}
