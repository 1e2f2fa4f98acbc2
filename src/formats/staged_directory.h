// A directory that appears at its path whole or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"

namespace slipway::formats {

/// Throws Fault::usage unless `target` is absent or an empty directory.
void check_target(const std::filesystem::path& target);

/// Built beside its path under a name that starts with `.tmp-slipway-`, and removed unless it gets
/// there. It is locked (flock) meanwhile: the next one made beside it removes those of the dead.
/// Failpoints: `checkout.before-sync`, `.before-rename`, `.done`.
class StagedDirectory {
public:
    /// Throws as check_target().
    explicit StagedDirectory(const std::filesystem::path& target);
    ~StagedDirectory();
    StagedDirectory(const StagedDirectory&) = delete;
    StagedDirectory& operator=(const StagedDirectory&) = delete;

    FileDescriptor open() const;

    /// Everything on disk first, then the name.
    void publish();

private:
    std::filesystem::path target_;
    FileDescriptor parent_;
    std::string name_; // in the parent; empty once published
    FileDescriptor lock_;
};

/// Removes the directories in `directory` that StagedDirectories of dead processes of this user
/// have left: unlocked, and last changed at their top over ten seconds ago.
void remove_abandoned_directories(const std::filesystem::path& directory);

} // namespace slipway::formats
