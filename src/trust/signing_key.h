// An Ed25519 key that signs unattended, and its file (OpenSSH's PROTOCOL.key, without passphrase).
//
// Keys that people hold sign by ssh-keygen: see ssh_keygen.h.
#pragma once

#include <array>
#include <string>

#include "trust/keys.h"

namespace slipway::trust {

/// Any thread. The private key is wiped when it goes.
class SigningKey {
public:
    /// A new one.
    static SigningKey generate();

    /// Throws Fault::corrupt, or refused if it has a passphrase or is no Ed25519 key.
    static SigningKey parse(std::string_view file);

    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;
    SigningKey(SigningKey&&) = default;
    SigningKey& operator=(SigningKey&&) = default;
    ~SigningKey();

    const PublicKey& public_key() const { return public_key_; }

    /// An SSHSIG blob.
    Buffer sign(ConstBytes message, std::string_view name_space) const;

    /// The file's content, that ssh-keygen reads too.
    std::string file(std::string_view comment) const;

private:
    static constexpr std::size_t seed_size = 32;
    using Seed = std::array<std::byte, seed_size>;

    explicit SigningKey(const Seed& seed);

    Seed seed_;
    PublicKey public_key_;
};

} // namespace slipway::trust
