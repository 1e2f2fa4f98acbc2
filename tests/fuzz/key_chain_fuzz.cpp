// uses: trust base
// What decodes as a key set encodes to the same bytes; a chain is decoded, found wrong, or refused.
#include "fuzz.h"
#include "trust/key_chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto text = as_text(fuzz::input(data, size));
    fuzz::allow_corrupt([&] {
        const auto document = trust::decode_signed_text(text);
        fuzz::require(encode(document) == text);
        fuzz::require(trust::encode(trust::decode_key_set(document.text)) == document.text);
    });
    try {
        const auto chain = trust::KeyChain::decode(text);
        fuzz::require(encode(chain) == text);
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::corrupt || error.fault() == Fault::refused);
    }
    return 0;
}
