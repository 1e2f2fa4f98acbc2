#include "sandbox/package_manager.h"

#include <span>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::sandbox {

namespace {

/// Rows of words are separated by "; ".
struct Row {
    std::string_view name;
    std::string_view program; ///< by which it is known
    std::string_view upgrade;
    std::string_view install;
};

// Configuration files that somebody changed stay as they are: nobody is there to be asked.
#define KEEP_CONFIGURATION " -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"

constexpr Row known[] = {
    {"apt",
     "/usr/bin/dpkg",
     "/usr/bin/apt-get update; /usr/bin/apt-get -y" KEEP_CONFIGURATION " dist-upgrade",
     "/usr/bin/apt-get update; /usr/bin/apt-get -y" KEEP_CONFIGURATION " install"},
    {"apt-rpm",
     "/usr/bin/apt-get",
     "/usr/bin/apt-get update; /usr/bin/apt-get -y dist-upgrade",
     "/usr/bin/apt-get update; /usr/bin/apt-get -y install"},
    {"dnf", "/usr/bin/dnf", "/usr/bin/dnf -y upgrade --refresh", "/usr/bin/dnf -y install"},
    {"zypper",
     "/usr/bin/zypper",
     "/usr/bin/zypper -n refresh; /usr/bin/zypper -n update",
     "/usr/bin/zypper -n refresh; /usr/bin/zypper -n install"},
    {"apk", "/sbin/apk", "/sbin/apk upgrade -U", "/sbin/apk add -U"},
    // Without -u what comes may not fit what is there.
    {"pacman",
     "/usr/bin/pacman",
     "/usr/bin/pacman -Syu --noconfirm",
     "/usr/bin/pacman -Syu --noconfirm --needed"}};

#undef KEEP_CONFIGURATION

Commands commands_of(std::string_view text) {
    Commands commands;
    for (const auto row : split(text, ';')) {
        auto& words = commands.emplace_back();
        for (const auto word : split(trimmed(row), ' ')) {
            words.emplace_back(word);
        }
    }
    return commands;
}

bool is_file(tree::TreeReader& tree, std::string_view path) {
    const auto found = tree.look_up(path);
    return found && std::holds_alternative<tree::File>(found->node);
}

} // namespace

std::optional<PackageManager> find_package_manager(tree::TreeReader& tree) {
    for (const auto& row : known) {
        if (is_file(tree, row.program)) {
            return PackageManager{row.name, commands_of(row.upgrade), commands_of(row.install)};
        }
    }
    return std::nullopt;
}

Commands commands_to_add(const PackageManager& manager, const std::vector<std::string>& packages) {
    auto commands = manager.install;
    for (const auto& package : packages) {
        if (package.empty() || package.front() == '-') {
            throw Error(Fault::usage, fmt::format("'{}' is no package's name", printable(package)));
        }
        commands.back().push_back(package);
    }
    return commands;
}

} // namespace slipway::sandbox
