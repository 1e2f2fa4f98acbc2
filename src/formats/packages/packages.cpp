#include "formats/packages/packages.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/packages/databases.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

using tree::Entry;

constexpr std::uint64_t largest_text = 256ULL << 20U;
constexpr std::uint64_t largest_database = 1ULL << 30U;

/// One place where a family keeps its database, and how that is read.
struct Place {
    PackageFamily family;
    std::string_view path;
    enum class Form { dpkg, dpkg_directory, rpm, apk, pacman, unknown } form;
};

/// rpm's places of Fedora, of SUSE and newer Fedora, of OSTree systems; Berkeley and NDB databases
/// are known, but not read.
constexpr std::array places{
    Place{PackageFamily::deb, "/var/lib/dpkg/status", Place::Form::dpkg},
    Place{PackageFamily::deb, "/var/lib/dpkg/status.d", Place::Form::dpkg_directory},
    Place{PackageFamily::rpm, "/var/lib/rpm/rpmdb.sqlite", Place::Form::rpm},
    Place{PackageFamily::rpm, "/usr/lib/sysimage/rpm/rpmdb.sqlite", Place::Form::rpm},
    Place{PackageFamily::rpm, "/usr/share/rpm/rpmdb.sqlite", Place::Form::rpm},
    Place{PackageFamily::rpm, "/var/lib/rpm/Packages", Place::Form::unknown},
    Place{PackageFamily::rpm, "/var/lib/rpm/Packages.db", Place::Form::unknown},
    Place{PackageFamily::rpm, "/usr/lib/sysimage/rpm/Packages", Place::Form::unknown},
    Place{PackageFamily::rpm, "/usr/lib/sysimage/rpm/Packages.db", Place::Form::unknown},
    Place{PackageFamily::apk, "/lib/apk/db/installed", Place::Form::apk},
    Place{PackageFamily::apk, "/usr/lib/apk/db/installed", Place::Form::apk},
    Place{PackageFamily::pacman, "/var/lib/pacman/local", Place::Form::pacman}};

Buffer read(const Contents& contents, const Entry& entry, std::uint64_t limit) {
    const auto* const file = std::get_if<tree::File>(&entry.node);
    return file == nullptr ? Buffer() : read_all(*tree::open_file(contents, *file), limit);
}

/// The entries of a directory; none if it is something else.
std::vector<Entry> entries_of(const Contents& contents, const Entry& entry) {
    const auto* const node = std::get_if<tree::Subdirectory>(&entry.node);
    return node == nullptr ? std::vector<Entry>()
                           : tree::load_directory(contents, node->directory).entries;
}

std::vector<Package> read_status_directory(const Contents& contents, const Entry& directory) {
    std::vector<Package> packages;
    for (const auto& entry : entries_of(contents, directory)) {
        if (!entry.name.ends_with(".md5sums")) {
            auto found = parse_dpkg_status(read(contents, entry, largest_text));
            std::move(found.begin(), found.end(), std::back_inserter(packages));
        }
    }
    return packages;
}

std::vector<Package> read_pacman(const Contents& contents, const Entry& directory) {
    std::vector<Package> packages;
    for (const auto& package : entries_of(contents, directory)) {
        for (const auto& entry : entries_of(contents, package)) {
            if (entry.name == "desc") {
                packages.push_back(parse_pacman_desc(read(contents, entry, largest_text)));
            }
        }
    }
    return packages;
}

std::vector<Package> read_place(const Contents& contents, const Place& place, const Entry& entry) {
    const During reading([&] { return fmt::format("reading the packages of {}", place.path); });
    switch (place.form) {
    case Place::Form::dpkg:
        return parse_dpkg_status(read(contents, entry, largest_text));
    case Place::Form::dpkg_directory:
        return read_status_directory(contents, entry);
    case Place::Form::rpm:
        return parse_rpm_sqlite(read(contents, entry, largest_database));
    case Place::Form::apk:
        return parse_apk_installed(read(contents, entry, largest_text));
    case Place::Form::pacman:
        return read_pacman(contents, entry);
    case Place::Form::unknown:
        break;
    }
    return {};
}

/// What a tree has at each of the places.
using Found = std::array<std::optional<Entry>, places.size()>;

Found find_places(const Contents& contents, const std::optional<Digest>& tree) {
    Found found;
    for (std::size_t i = 0; tree && i < places.size(); ++i) {
        if (auto there = tree::look_up(contents, *tree, places.at(i).path)) {
            found.at(i) = std::move(there->entry);
        }
    }
    return found;
}

void add(PackageDatabases& databases, PackageFamily family, std::vector<Package> packages) {
    auto& lists = databases.lists;
    if (lists.empty() || lists.back().family != family) {
        lists.push_back({family, {}});
    }
    auto& list = lists.back().packages;
    std::move(packages.begin(), packages.end(), std::back_inserter(list));
    std::sort(list.begin(), list.end());
}

PackageDatabases read_found(const Contents& contents, const Found& found) {
    PackageDatabases databases;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto& place = places.at(i);
        if (found.at(i) && place.form == Place::Form::unknown) {
            databases.unread.emplace_back(place.path);
        } else if (found.at(i)) {
            add(databases, place.family, read_place(contents, place, *found.at(i)));
        }
    }
    return databases;
}

PackageChange
change_of(PackageFamily family, std::optional<Package> before, std::optional<Package> after) {
    using Kind = PackageChange::Kind;
    PackageChange change{Kind::changed, family, std::move(before), std::move(after)};
    if (!change.before || !change.after) {
        change.kind = change.before ? Kind::removed : Kind::added;
        return change;
    }
    const auto order =
        compare_package_versions(family, change.before->version, change.after->version);
    change.kind = order < 0 ? Kind::upgraded : order > 0 ? Kind::downgraded : Kind::changed;
    return change;
}

/// Packages that are on one side only and share what pairs them.
struct Unpaired {
    std::vector<Package> before;
    std::vector<Package> after;
};

/// Makes one change of each pair, and puts what is not alone on its side into `rest`.
template <typename Groups, typename Rest>
void pair_single_ones(
    PackageFamily family, Groups& groups, std::vector<PackageChange>& changes, const Rest& rest
) {
    for (auto& [key, group] : groups) {
        if (group.before.size() == 1 && group.after.size() == 1) {
            changes.push_back(
                change_of(family, std::move(group.before.front()), std::move(group.after.front()))
            );
        } else {
            rest(group);
        }
    }
}

/// What is in one sorted list and not in the other: first the same name and architecture are
/// paired, then the same name.
void compare_lists(
    PackageFamily family,
    const std::vector<Package>& before,
    const std::vector<Package>& after,
    std::vector<PackageChange>& changes
) {
    std::vector<Package> removed;
    std::vector<Package> added;
    std::set_difference(
        before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(removed)
    );
    std::set_difference(
        after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added)
    );
    std::map<std::pair<std::string, std::string>, Unpaired> alike;
    for (auto& package : removed) {
        alike[{package.name, package.architecture}].before.push_back(std::move(package));
    }
    for (auto& package : added) {
        alike[{package.name, package.architecture}].after.push_back(std::move(package));
    }
    std::map<std::string, Unpaired> of_one_name;
    pair_single_ones(family, alike, changes, [&](Unpaired& group) {
        for (auto& package : group.before) {
            of_one_name[package.name].before.push_back(std::move(package));
        }
        for (auto& package : group.after) {
            of_one_name[package.name].after.push_back(std::move(package));
        }
    });
    pair_single_ones(family, of_one_name, changes, [&](Unpaired& group) {
        for (auto& package : group.before) {
            changes.push_back(change_of(family, std::move(package), std::nullopt));
        }
        for (auto& package : group.after) {
            changes.push_back(change_of(family, std::nullopt, std::move(package)));
        }
    });
}

const std::vector<Package>& list_of(const PackageDatabases& databases, PackageFamily family) {
    static const std::vector<Package> none;
    const auto found =
        std::find_if(databases.lists.begin(), databases.lists.end(), [&](const PackageList& list) {
            return list.family == family;
        });
    return found == databases.lists.end() ? none : found->packages;
}

/// What both trees have alike need not be read, if the family has nothing else.
void drop_equal_families(Found& before, Found& after) {
    const auto family_differs = [&](PackageFamily family) {
        for (std::size_t i = 0; i < places.size(); ++i) {
            const auto same = before.at(i) && after.at(i) ? before.at(i)->node == after.at(i)->node
                                                          : !before.at(i) && !after.at(i);
            if (places.at(i).family == family && !same) {
                return true;
            }
        }
        return false;
    };
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!family_differs(places.at(i).family)) {
            before.at(i).reset();
            after.at(i).reset();
        }
    }
}

} // namespace

PackageDatabases read_packages(const Contents& contents, const Digest& tree) {
    return read_found(contents, find_places(contents, tree));
}

std::string_view kind_name(PackageChange::Kind kind) {
    constexpr std::array<std::string_view, 5> names{
        "added", "removed", "upgraded", "downgraded", "changed"};
    return names.at(static_cast<std::size_t>(kind));
}

std::vector<PackageChange>
compare_packages(const PackageDatabases& before, const PackageDatabases& after) {
    std::vector<PackageChange> changes;
    for (const auto family :
         {PackageFamily::deb, PackageFamily::rpm, PackageFamily::apk, PackageFamily::pacman}) {
        const auto begin = static_cast<std::ptrdiff_t>(changes.size());
        compare_lists(family, list_of(before, family), list_of(after, family), changes);
        std::stable_sort(
            changes.begin() + begin,
            changes.end(),
            [](const PackageChange& a, const PackageChange& b) { return a.name() < b.name(); }
        );
    }
    return changes;
}

std::vector<PackageChange> package_changes(
    const Contents& contents,
    const std::optional<Digest>& before,
    const Digest& after,
    std::vector<std::string>& unread
) {
    auto old_places = find_places(contents, before);
    auto new_places = find_places(contents, after);
    drop_equal_families(old_places, new_places);
    const auto old_databases = read_found(contents, old_places);
    const auto new_databases = read_found(contents, new_places);
    for (const auto* const databases : {&old_databases, &new_databases}) {
        for (const auto& path : databases->unread) {
            if (std::find(unread.begin(), unread.end(), path) == unread.end()) {
                unread.push_back(path);
            }
        }
    }
    return compare_packages(old_databases, new_databases);
}

} // namespace slipway::formats
