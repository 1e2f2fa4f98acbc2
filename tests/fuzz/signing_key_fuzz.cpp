// uses: trust base
// A private key's file is read or refused; one that was read signs.
#include "fuzz.h"
#include "trust/base64.h"
#include "trust/signing_key.h"
#include "trust/sshsig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    // The armour is put around it here, so that the fuzzer need not learn base64.
    const auto file = trust::encode_armour(fuzz::input(data, size), "OPENSSH PRIVATE KEY", 70);
    try {
        const auto key = trust::SigningKey::parse(file);
        const auto message = as_bytes("message");
        trust::check_signature(
            trust::decode_signature(key.sign(message, "slipway")), message, "slipway"
        );
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::corrupt || error.fault() == Fault::refused);
    }
    return 0;
}
