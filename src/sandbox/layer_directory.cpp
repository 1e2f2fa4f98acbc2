#include "sandbox/layer_directory.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/error.h"

namespace slipway::sandbox {

namespace {

namespace fs = std::filesystem;

/// The directory, locked: nothing if somebody else has it.
FileDescriptor lock(const fs::path& directory) {
    auto opened = open_file(directory, O_RDONLY | O_DIRECTORY);
    return flock(opened.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(opened) : FileDescriptor();
}

/// Held by who sweeps, makes a directory and locks it, so that nobody sweeps one away in between.
FileDescriptor take_gate(const fs::path& parent) {
    fs::create_directories(parent);
    auto gate = open_file(parent, O_RDONLY | O_DIRECTORY);
    if (flock(gate.get(), LOCK_EX) != 0) {
        throw_errno("cannot lock " + parent.native());
    }
    return gate;
}

/// Removes what nobody has locked.
const fs::path& swept(const fs::path& parent) {
    for (const auto& entry : fs::directory_iterator(parent)) {
        if (entry.is_directory() && lock(entry.path()).is_open()) {
            std::error_code ignored;
            fs::remove_all(entry.path(), ignored);
        }
    }
    return parent;
}

} // namespace

LayerDirectory::LayerDirectory(const fs::path& parent)
    : LayerDirectory(parent, take_gate(parent)) {}

LayerDirectory::LayerDirectory(const fs::path& parent, const FileDescriptor& /*gate*/)
    : directory_(swept(parent)), lock_(lock(directory_.path())) {}

} // namespace slipway::sandbox
