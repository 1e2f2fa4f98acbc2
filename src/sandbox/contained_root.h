// A tree as the root of programs that may do what they like to it, and to nothing else
// (docs/decisions/0018-sandbox.md).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "base/stream.h"
#include "image/image.h"
#include "mount/device.h"
#include "mount/filesystem.h"
#include "sandbox/child.h"

namespace slipway::sandbox {

/// The upper directory of a ContainedRoot at `place`. It stays when that has gone.
std::filesystem::path upper_of(const std::filesystem::path& place);

/// Throws Fault::unavailable, with a hint, unless this machine can run a tree's programs: it needs
/// root, FUSE and loop devices, EROFS and overlayfs, and bubblewrap.
void require_sandbox();

/// The image of a tree, mounted from the objects it is made of; writes go to an overlay in memory.
/// Programs in it have no network, no devices but /dev/null and its like, no capabilities but those
/// that change files, an empty /tmp and /run, and no processes around them.
class ContainedRoot {
public:
    /// `contents` outlives it; `place` is that of with_private_mounts().
    ContainedRoot(
        const Contents& contents,
        const Digest& tree,
        const std::filesystem::path& place,
        Reporter& reporter
    );

    /// Sets a variable of the environment of programs.
    void set(const std::string& name, const std::string& value);

    /// Runs `words`, the first of which is a path in the tree. All its processes have ended when
    /// it returns.
    Outcome run(const std::vector<std::string>& words, const Limits& limits) const;

    /// What the programs see at /, seen from outside.
    const std::filesystem::path& root() const { return root_; }

private:
    std::filesystem::path root_;
    std::vector<std::string> environment_;
    image::VirtualImage image_;
    std::unique_ptr<mount::Device> device_;
    std::unique_ptr<mount::Filesystem> filesystem_;
};

} // namespace slipway::sandbox
