// Reading single files out of a commit's tree by their paths, as a machine that runs it would see
// them: symbolic links are followed, and never lead out of the tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// Where a path ended once every link was followed.
struct Place {
    std::string path; ///< "/usr/lib/modules", "" for the root
    Node node;        ///< never a Symlink
};

/// One thread at a time. Keeps the directories it has seen.
class TreeReader {
public:
    /// `contents` outlives the reader.
    TreeReader(const Contents& contents, const Digest& tree);

    /// What lies at `path`, or nothing: absent, a dangling link, or links that go in a circle.
    std::optional<Place> look_up(std::string_view path);

    /// The entries of the directory at `path`; none if it is no directory.
    const std::vector<Entry>& list(std::string_view path);

    /// The bytes of the file at `path`, or nothing if there is none. More than `limit` bytes are
    /// refused with Fault::corrupt.
    std::optional<Buffer> read(std::string_view path, std::uint64_t limit);

private:
    const Directory& directory(const Digest& id);

    const Contents& contents_;
    Digest root_;
    std::unordered_map<Digest, std::unique_ptr<const Directory>> directories_;
};

} // namespace slipway::tree
