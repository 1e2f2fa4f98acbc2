// Real directories for tests: one with every kind of metadata, and an independent look at any.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"

namespace slipway::formats {

/// Runs bash in `directory`; fails the test if it fails. Returns what it printed.
std::string run_script(const std::filesystem::path& directory, const std::string& script);

/// Fills `directory` with every type of file and every kind of metadata. Needs root.
void make_everything(const std::filesystem::path& directory);

/// Everything that find, stat, getfattr, getcap, getfacl and sha256sum tell of a directory,
/// hard-link groups included.
std::string describe(const std::filesystem::path& directory);

/// Makes `levels` directories of this name inside each other, however long the path becomes.
void make_nested(const std::filesystem::path& directory, const std::string& name, int levels);

/// A directory that can be as deep as it likes when it goes.
class TestDirectory {
public:
    ~TestDirectory();

    std::filesystem::path operator/(const std::string& name) const { return held_.path() / name; }

    const std::filesystem::path& path() const { return held_.path(); }

    /// A new, empty directory in it.
    std::filesystem::path make(const std::string& name) const;

private:
    TemporaryDirectory held_{"/var/tmp"};
};

/// Skips the test, with the reason, unless it runs as root.
#define SKIP_UNLESS_ROOT()                                                                         \
    if (geteuid() != 0) {                                                                          \
        GTEST_SKIP() << "owners, devices and ACLs need root";                                      \
    }

} // namespace slipway::formats
