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
#include "sandbox/attached.h"
#include "sandbox/child.h"
#include "sandbox/surroundings.h"

namespace slipway::sandbox {

/// The upper directory of a ContainedRoot in memory at `place`, or of one whose writes go to
/// `layer`. It stays when that has gone.
std::filesystem::path upper_of(const std::filesystem::path& place);
std::filesystem::path upper_in(const std::filesystem::path& layer);

/// Throws Fault::unavailable, with a hint, unless this machine can run a tree's programs: it needs
/// root, FUSE and loop devices, EROFS and overlayfs, and bubblewrap.
void require_sandbox();

/// The image of a tree, mounted from the objects it is made of; writes go to an overlay, if nothing
/// else is said in memory. Programs in it have no devices but /dev/null and its like, an empty /tmp
/// and /run, and no processes around them; what else they have is said by Surroundings: by default
/// no network and no capabilities but those that change files.
class ContainedRoot {
public:
    /// `contents` outlives it; `place` is that of with_private_mounts().
    ContainedRoot(
        const Contents& contents,
        const Digest& tree,
        const std::filesystem::path& place,
        Reporter& reporter,
        Surroundings surroundings = {}
    );

    /// Sets a variable of the environment of programs.
    void set(const std::string& name, const std::string& value);

    /// Runs `words`, the first of which is a path in the tree. All its processes have ended when
    /// it returns.
    Outcome run(const std::vector<std::string>& words, const Limits& limits) const;

    /// The same as in attached.h: for as long as it takes, with this program's input and output.
    int run_attached(const std::vector<std::string>& words, Output output = Output::as_is) const;

    /// What the programs see at /, seen from outside.
    const std::filesystem::path& root() const { return root_; }

private:
    enum class Session { own, callers };
    std::vector<std::string>
    contained(const std::vector<std::string>& words, Session session) const;

    Surroundings surroundings_;
    std::filesystem::path root_;
    std::vector<std::string> environment_;
    image::VirtualImage image_;
    std::unique_ptr<mount::Device> device_;
    std::unique_ptr<mount::Filesystem> filesystem_;
};

} // namespace slipway::sandbox
