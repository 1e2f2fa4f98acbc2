// Which kernel of a tree is booted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"
#include "tree/objects.h"
#include "tree/tree_reader.h"

namespace slipway::server::boot {

using tree::TreeReader;

/// A kernel image together with its modules: a kernel without them cannot be booted by slipway.
struct Kernel {
    std::string path;    ///< of the image: "/boot/vmlinuz-6.1.0-50-amd64"
    std::string release; ///< as `uname -r` says it: "6.1.0-50-amd64"
    std::string modules; ///< its directory: "/usr/lib/modules/6.1.0-50-amd64"
    tree::File image;
};

/// The newest kernel of the tree by its release, or the one with the stated `release`. Looked for
/// are /boot/vmlinuz* and the vmlinuz in each directory below /usr/lib/modules and /lib/modules.
/// Throws Fault::not_found, naming what is there.
Kernel find_kernel(TreeReader& tree, std::optional<std::string_view> release = {});

} // namespace slipway::server::boot
