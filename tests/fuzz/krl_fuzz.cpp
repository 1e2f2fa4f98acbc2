// uses: trust base
// OpenSSH's revocation lists are read or refused; a key is then revoked or not.
#include "fuzz.h"
#include "trust/revoked_keys.h"
#include "trust/signing_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    static const auto key = trust::SigningKey::generate().public_key();
    fuzz::allow_corrupt([&] {
        const auto list = trust::decode_revocation_list(fuzz::input(data, size));
        trust::Certificate certificate;
        certificate.key = key;
        certificate.authority = key;
        for (const auto& revoked : list.certificates) {
            for (const auto& range : revoked.serials) {
                certificate.serial = range.last;
                const auto counts = range.last != 0 && !revoked.authority;
                fuzz::require(!counts || revoked.contain(certificate));
            }
            for (const auto& some : revoked.serial_bits) {
                some.contain(some.first);
                some.contain(UINT64_MAX);
            }
        }
    });
    return 0;
}
