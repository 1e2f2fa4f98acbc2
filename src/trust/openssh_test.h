// OpenSSH's own programs, run in a directory of the test, to agree or disagree with us.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "trust/sshsig.h"

namespace slipway::trust {

class OpenSsh {
public:
    struct Outcome {
        int status = 0;
        std::string output; ///< standard error included
    };

    /// Runs bash there.
    Outcome run(const std::string& script) const;

    /// As run(); fails the test if it fails. Returns the output.
    std::string must(const std::string& script) const;

    /// A new key without passphrase: NAME and NAME.pub. `options` are those of ssh-keygen.
    PublicKey make_key(const std::string& name, const std::string& options) const;

    /// By `ssh-keygen -Y sign`; `key` is a file, also a certificate.
    Signature
    sign(const std::string& key, std::string_view message, std::string_view name_space) const;

    std::string read(const std::string& name) const;
    void write(const std::string& name, std::string_view text) const;

    std::filesystem::path operator/(const std::string& name) const { return held_.path() / name; }

private:
    TemporaryDirectory held_;
};

/// A FIDO token that a test holds in its hand: it signs as one, with OpenSSL.
class TestToken {
public:
    enum class Curve { ed25519, p256 };

    explicit TestToken(Curve curve);

    const PublicKey& key() const { return key_; }

    /// `flags`: 1 the user was there, 4 was verified.
    Signature sign(std::string_view message, std::string_view name_space, std::uint8_t flags) const;

private:
    Curve curve_;
    std::string private_key_; ///< PEM
    PublicKey key_;
};

} // namespace slipway::trust
