// A directory for an overlay's writes, on disk.
#pragma once

#include <filesystem>

#include "base/file.h"

namespace slipway::sandbox {

/// A new, empty directory, removed with all it holds when it goes. Those that processes left which
/// died are removed when the next one is made: a living one holds a lock on its own.
class LayerDirectory {
public:
    /// In `parent`, which is made if it is not there.
    explicit LayerDirectory(const std::filesystem::path& parent);

    const std::filesystem::path& path() const { return directory_.path(); }

private:
    LayerDirectory(const std::filesystem::path& parent, const FileDescriptor& gate);

    TemporaryDirectory directory_;
    FileDescriptor lock_;
};

} // namespace slipway::sandbox
