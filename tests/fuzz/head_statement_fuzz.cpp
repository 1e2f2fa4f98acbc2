// uses: trust base
// What decodes as a head statement, or as what a client has seen, encodes to the same bytes.
#include "fuzz.h"
#include "trust/seen.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto text = as_text(fuzz::input(data, size));
    fuzz::allow_corrupt([&] {
        const auto document = trust::decode_signed_text(text);
        fuzz::require(trust::encode(trust::decode_head_statement(document.text)) == document.text);
    });
    fuzz::allow_corrupt([&] { fuzz::require(encode(trust::decode_seen(text)) == text); });
    return 0;
}
