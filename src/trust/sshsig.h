// Signatures in the format of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig).
//
// What is stored and sent is the blob; people see it in armour. Who may sign what is decided in
// allowed_signers.h: here it is only whether a signature is one of the bytes by its own key.
#pragma once

#include <optional>
#include <string>

#include "trust/certificate.h"

namespace slipway::trust {

struct Signature {
    PublicKey key;                          ///< who signed
    std::optional<Certificate> certificate; ///< if the signer showed one: of `key`
    std::string name_space;                 ///< what for
    Buffer reserved;
    std::string hash_algorithm; ///< "sha512"
    Buffer raw;                 ///< algorithm and bytes
};

constexpr std::size_t largest_signature = 16U << 10U;

/// Throws Fault::corrupt. Encoding the result gives the same bytes.
Signature decode_signature(ConstBytes blob);
Buffer encode(const Signature& signature);

/// "-----BEGIN SSH SIGNATURE-----…", as ssh-keygen writes it.
std::string armour(ConstBytes blob);

/// The blob in `text`, which holds one signature. Throws Fault::corrupt.
Buffer unarmour(std::string_view text);

/// The blobs of any number of signatures, one after the other. Throws Fault::corrupt.
std::vector<Buffer> unarmour_all(std::string_view text);

/// Throws unless `signature` is one of `message` for `name_space` by its key. Fault::corrupt: the
/// encoding is damaged. Fault::refused: another namespace, a hash or an algorithm that is not
/// accepted, a signature that does not match, a token that nobody touched, or a certificate that
/// its authority did not sign.
void check_signature(const Signature& signature, ConstBytes message, std::string_view name_space);

/// What a key signs for a message: the same for every kind of key.
Buffer signed_data(
    std::string_view name_space, ConstBytes reserved, std::string_view hash, ConstBytes message
);

} // namespace slipway::trust
