// uses: trust base
// Lists of allowed signers and revoked keys, and single keys, are read or refused; a signature is
// then allowed or refused.
#include "fuzz.h"
#include "trust/allowed_signers.h"
#include "trust/signing_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    static const auto signature = trust::decode_signature(
        trust::SigningKey::generate().sign(as_bytes("message"), "slipway-commit")
    );
    const auto text = as_text(fuzz::input(data, size));
    fuzz::allow_corrupt([&] {
        auto signers = trust::AllowedSigners::parse(text);
        const auto lines = signers.lines();
        for (auto line : lines) {
            fuzz::require(trust::PublicKey::parse_line(line.key.line()) == line.key);
            line.key = signature.key;
            signers.add(std::move(line));
        }
        try {
            signers.verify(signature, as_bytes("message"), "slipway-commit", 0, "me");
        } catch (const Error& error) {
            fuzz::require(error.fault() == Fault::refused);
        }
    });
    fuzz::allow_corrupt([&] { trust::RevokedKeys::parse(text); });
    return 0;
}
