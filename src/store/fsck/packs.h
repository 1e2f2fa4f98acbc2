// Reading the packs of a repository: whether each byte and each object is what its name says.
#pragma once

#include <filesystem>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/reporter.h"
#include "store/fsck/dictionaries.h"
#include "store/fsck/findings.h"
#include "store/paths.h"

namespace slipway::store {

/// The packs that lie in a directory, by name.
std::vector<Digest> packs_in(const std::filesystem::path& directory);

/// What of a frame is whole.
struct ReadFrame {
    Buffer stored;                    ///< as it lies in the pack
    Buffer raw;                       ///< decoded
    std::vector<FrameObject> objects; ///< those that hash to their names
};

/// Reads a frame and tells each of its faults to `fault`; nothing if it cannot be decoded.
std::optional<ReadFrame> read_frame(
    const PackFile& pack,
    const Frame& frame,
    PackDictionaries& dictionaries,
    const std::function<void(std::string)>& fault
);

/// A frame of those objects that `read` names, compressed anew.
EncodedFrame frame_of(const ReadFrame& read);

/// Reads the packs, on all cores, front to back. Those in `indexed` are in the index. One that is
/// gone by then has been replaced.
void check_packs(
    const RepositoryPaths& paths,
    const std::vector<Digest>& packs,
    const std::unordered_set<Digest>& indexed,
    Findings& findings,
    Task& task
);

} // namespace slipway::store
