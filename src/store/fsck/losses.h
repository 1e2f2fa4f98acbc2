// Objects that are needed and are not there, with the paths that need them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "store/fsck/findings.h"

namespace slipway::store {

/// A path in the tree of a commit: "/usr/bin/vim", or "/".
struct NeededAt {
    std::string path;
    std::string commit; ///< hexadecimal
};

/// "/etc/motd, /etc/issue of commit 34cd…".
std::string text_of(const std::vector<NeededAt>& places);

/// Gathers the paths of each lost object, and tells of it once.
class Losses {
public:
    static constexpr std::size_t paths_named = 5;

    /// `what` is "object" or "directory object".
    void add(const Digest& id, std::string_view what, NeededAt place);

    /// A finding for each object, in the order in which they were missed.
    void tell(Findings& findings) const;

private:
    struct Loss {
        Digest id;
        std::string what;
        std::vector<NeededAt> named; ///< the first of those that need it
        std::uint64_t needed = 0;    ///< by how many paths
    };

    std::vector<Loss> losses_; ///< no more than most_problems
    std::unordered_map<Digest, std::size_t> by_id_;
};

} // namespace slipway::store
