// uses: trust base
// A signature is decoded or refused, and encodes to the same bytes. Checking it ends too, whatever
// it holds.
#include "fuzz.h"
#include "trust/sshsig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    fuzz::allow_corrupt([&] {
        const auto signature = trust::decode_signature(bytes);
        fuzz::require(fuzz::equal(trust::encode(signature), bytes));
        fuzz::require(trust::unarmour(trust::armour(bytes)) == to_buffer(bytes));
        try {
            trust::check_signature(signature, as_bytes("message"), signature.name_space);
        } catch (const Error& error) {
            fuzz::require(error.fault() == Fault::corrupt || error.fault() == Fault::refused);
        }
    });
    fuzz::allow_corrupt([&] { trust::unarmour_all(as_text(bytes)); });
    return 0;
}
