// What of this machine programs need to see, where more than a cache is to be made.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "sandbox/surroundings.h"

namespace slipway::sandbox {

/// This machine's resolv.conf where the tree looks for it, through a link too. Nothing if this
/// machine has none, or if the link leads to where nothing can be put.
std::optional<Bind> resolver_bind(const Contents& contents, const Digest& tree);

/// For trees with invoke-rc.d: packages that are installed start no servers, as in any chroot that
/// is well kept (Debian Policy, policy-rc.d). The program is written into `place`.
std::optional<Bind>
no_services_bind(const Contents& contents, const Digest& tree, const std::filesystem::path& place);

/// Every path that has to be there for the mounts to be made: of the sandbox's own, of the binds,
/// and the directories above them. Where the tree lacks one, an empty one is made in the layer.
std::vector<std::string> mount_points(const std::vector<Bind>& binds);

} // namespace slipway::sandbox
