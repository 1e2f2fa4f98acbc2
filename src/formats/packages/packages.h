// Which packages a tree has, read from its package databases without a checkout.
//
// dpkg (also the status.d of "distroless" images), rpm (SQLite), apk and pacman. A tree may have
// several. What is read is hostile: a damaged database is refused with Fault::corrupt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "formats/packages/versions.h"

namespace slipway::formats {

struct Package {
    std::string name;
    std::string version; ///< as its family writes it, with epoch and release
    std::string architecture;
    friend bool operator==(const Package&, const Package&) = default;
    friend auto
    operator<=>(const Package&, const Package&) = default; // NOLINT(modernize-use-nullptr)
};

struct PackageList {
    PackageFamily family = PackageFamily::deb;
    std::vector<Package> packages; ///< sorted
};

/// What a tree's databases say.
struct PackageDatabases {
    std::vector<PackageList> lists;  ///< at most one of each family, in their order
    std::vector<std::string> unread; ///< paths of databases of a kind that is not understood
};

PackageDatabases read_packages(const Contents& contents, const Digest& tree);

/// What happened to one package. `before` or `after` is missing if it was added or removed.
struct PackageChange {
    enum class Kind { added, removed, upgraded, downgraded, changed };
    Kind kind = Kind::changed; ///< changed: the same version as written otherwise, or for another
                               ///< architecture
    PackageFamily family = PackageFamily::deb;
    std::optional<Package> before;
    std::optional<Package> after;

    const std::string& name() const { return after ? after->name : before->name; }

    friend bool operator==(const PackageChange&, const PackageChange&) = default;
};

/// "upgraded", ...
std::string_view kind_name(PackageChange::Kind kind);

/// By family, then by name. A package of which several versions are there is changed only where
/// their numbers tell which became which; else some were removed and others added.
std::vector<PackageChange>
compare_packages(const PackageDatabases& before, const PackageDatabases& after);

/// The same for two trees; nothing for `before` is a tree without packages. What is equal in both
/// is not read. Databases that are not understood are added to `unread`, if they differ.
std::vector<PackageChange> package_changes(
    const Contents& contents,
    const std::optional<Digest>& before,
    const Digest& after,
    std::vector<std::string>& unread
);

} // namespace slipway::formats
