// Reading what a repository's keys vouch for: what mount, checkout and image begin with.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/places.h"
#include "trust/key_chain.h"

namespace slipway::cli {

/// The option of every command that verifies.
Option keys_option();

/// The keys that this machine trusts: --keys, SLIPWAY_KEYS, or /etc/slipway/keys for a repository
/// at a URL; nothing if there are none.
std::optional<trust::KeyChain> trusted_keys(const Invocation& invocation);

/// A chain in a file. Throws Fault::not_found, corrupt, refused.
trust::KeyChain read_chain(const std::filesystem::path& file);

/// The newest key set that is believed of this repository: what the keys that are trusted lead to,
/// else its own if it is on this machine. Nothing if there are no keys.
std::optional<trust::KeySet> believed_keys(const Invocation& invocation, sync::View& view);

/// As find_commit(), if the commit may be believed: by the keys that are trusted, else by those of
/// the repository if it is on this machine. Without any keys everything is believed.
NamedCommit
find_trusted_commit(const Invocation& invocation, sync::View& view, const std::string& revision);

} // namespace slipway::cli
