// Signing with a key that a person holds, by OpenSSH's programs: they know passphrases, agents,
// FIDO tokens and smart cards, and ask on the terminal themselves.
#pragma once

#include <string>
#include <vector>

#include "trust/keys.h"

namespace slipway::trust {

/// The SSHSIG blob that `ssh-keygen -Y sign` makes. `key` is a private key's file, or that of a
/// public key or certificate whose private half lies beside it or in ssh-agent.
///
/// What the program says goes to standard error. Throws Fault::refused if it does not sign,
/// unavailable if there is no such program.
Buffer sign_by_ssh_keygen(const std::string& key, ConstBytes message, std::string_view name_space);

/// The keys that ssh-agent holds, of the types that are known, as `ssh-add -L` lists them. Throws
/// Fault::refused if there is no agent or it holds none.
std::vector<PublicKey> keys_of_agent();

} // namespace slipway::trust
