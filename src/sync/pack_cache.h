// Parts of remote packs on the local disk: sparse files with each frame at its own offset.
//
// There is no record of what is there: a frame is there if its bytes decode and verify, so a crash,
// a full disk or a flipped bit costs a fetch and nothing else.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/file.h"
#include "base/guarded.h"
#include "store/pack.h"

namespace slipway::sync {

/// Any thread; several processes may share one directory.
class PackCache {
public:
    /// Makes the directory at need.
    explicit PackCache(std::filesystem::path directory);

    /// Bytes that may be the frame's; nothing if it is certainly not there.
    std::optional<Buffer> find(const Digest& pack, const store::FramePlace& place);

    /// A failure (a full disk) is the caller's to ignore: throws Error.
    void keep(const Digest& pack, const store::FramePlace& place, ConstBytes stored);

private:
    std::shared_ptr<const FileDescriptor> file_of(const Digest& pack);

    std::filesystem::path directory_;
    Guarded<std::unordered_map<Digest, std::shared_ptr<const FileDescriptor>>> files_;
};

} // namespace slipway::sync
