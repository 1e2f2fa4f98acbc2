// What the programs of a tree find around them, and what they may do.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace slipway::sandbox {

/// A file or directory of this machine that is seen in the tree.
struct Bind {
    enum class Access { read_only, read_write };
    std::filesystem::path source; ///< on this machine
    std::string target;           ///< in the tree, absolute; made there if it is absent
    Access access = Access::read_only;
};

struct Surroundings {
    enum class Network { none, host };

    /// files: what changing files of any owner takes. system: what root of a machine is used to
    /// (device nodes, chroot, low ports), but nothing that reaches out of the tree.
    enum class Powers { files, system };

    /// Where writes go, on a filesystem that can be an overlay's upper one. It can become a commit:
    /// its root has the attributes of the tree's. Empty: memory, for what is taken by path alone.
    std::filesystem::path layer = {};

    Network network = Network::none;
    Powers powers = Powers::files;
    std::vector<Bind> binds = {};
    std::string host_name = "sandbox";
};

} // namespace slipway::sandbox
