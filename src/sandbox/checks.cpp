#include "sandbox/checks.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.h"
#include "formats/packages/databases.h"
#include "tree/diff.h"

namespace slipway::sandbox {

namespace {

constexpr const char* dpkg = "/usr/bin/dpkg";
constexpr std::string_view dpkg_status = "/var/lib/dpkg/status";
constexpr std::string_view dpkg_info = "/var/lib/dpkg/info/";
constexpr std::string_view list_suffix = ".list";
constexpr std::uint64_t largest_status = 256ULL << 20U;
constexpr std::uint64_t largest_list = 64ULL << 20U;

/// A check of a tree that has its database.
struct KnownCheck {
    std::string_view database;
    std::string_view command; ///< its words, separated by blanks
    Findings findings;
};

constexpr std::array known{
    KnownCheck{dpkg_status, "/usr/bin/dpkg --audit", Findings::lines},
    KnownCheck{dpkg_status, "/usr/bin/apt-get -qq check", Findings::failure},
    KnownCheck{"/var/lib/rpm", "/usr/bin/rpmdb --verifydb", Findings::failure},
    KnownCheck{"/var/lib/rpm", "/usr/bin/rpm -Va", Findings::lines},
    KnownCheck{"/usr/lib/sysimage/rpm", "/usr/bin/rpmdb --verifydb", Findings::failure},
    KnownCheck{"/usr/lib/sysimage/rpm", "/usr/bin/rpm -Va", Findings::lines},
    KnownCheck{"/lib/apk/db/installed", "/sbin/apk audit --system", Findings::lines},
    KnownCheck{"/var/lib/pacman/local", "/usr/bin/pacman -Dk", Findings::failure},
    KnownCheck{"/etc/ld.so.cache", "/sbin/ldconfig -p", Findings::dangling},
};

std::vector<std::string> words_of(std::string_view command) {
    const auto parts = split(command, ' ');
    return {parts.begin(), parts.end()};
}

/// The names of the packages that are installed, without their architectures.
std::unordered_set<std::string> installed_packages(tree::TreeReader& tree) {
    std::unordered_set<std::string> names;
    if (const auto status = tree.read(dpkg_status, largest_status)) {
        for (auto& package : formats::parse_dpkg_status(*status)) {
            names.insert(std::move(package.name));
        }
    }
    return names;
}

/// Paths that differ; directories are left out, for many packages have them.
std::unordered_set<std::string>
changed_paths(const Contents& contents, const Digest& before, const Digest& after) {
    std::unordered_set<std::string> paths;
    tree::diff(contents, {before, after}, [&](const tree::Change& change) {
        const auto& entry = change.after ? *change.after : *change.before;
        if (!std::holds_alternative<tree::Subdirectory>(entry.node)) {
            paths.insert(change.path);
        }
    });
    return paths;
}

/// A package may name its files by the links that lead from / into /usr.
bool is_changed(const std::unordered_set<std::string>& changed, std::string_view path) {
    return changed.contains(std::string(path)) || changed.contains("/usr" + std::string(path));
}

bool lists_changed(tree::TreeReader& tree, const std::string& list, const auto& changed) {
    const auto bytes = tree.read(list, largest_list);
    return bytes && std::ranges::any_of(split(as_text(*bytes), '\n'), [&](std::string_view line) {
               return is_changed(changed, line);
           });
}

/// "libc6:amd64" of "/var/lib/dpkg/info/libc6:amd64.md5sums"; empty for other paths.
std::string package_of_record(std::string_view path) {
    return path.starts_with(dpkg_info)
               ? std::string(path.substr(dpkg_info.size(), path.rfind('.') - dpkg_info.size()))
               : std::string();
}

std::string without_architecture(const std::string& package) {
    return package.substr(0, package.find(':'));
}

/// Of a check that ended well.
bool is_finding(Findings kind, std::string_view line, tree::TreeReader& tree) {
    constexpr std::string_view leads_to = " => ";
    const auto arrow = line.rfind(leads_to);
    switch (kind) {
    case Findings::lines:
        return true;
    case Findings::failure:
        return false;
    case Findings::dangling:
        return arrow != std::string_view::npos &&
               !tree.look_up(line.substr(arrow + leads_to.size()));
    }
    return true;
}

} // namespace

std::string Check::command() const {
    auto text = words.front().substr(words.front().rfind('/') + 1);
    for (std::size_t i = 1; i < words.size(); ++i) {
        text += " " + words[i];
    }
    return packages.empty() ? text
                            : fmt::format("{} ({})", text, counted(packages.size(), "package"));
}

std::vector<std::string> Check::words_for(tree::TreeReader& tree) const {
    if (packages.empty()) {
        return words;
    }
    const auto installed = installed_packages(tree);
    auto all = words;
    std::ranges::copy_if(packages, std::back_inserter(all), [&](const std::string& name) {
        return installed.contains(without_architecture(name));
    });
    return all.size() == words.size() ? std::vector<std::string>() : all;
}

std::vector<Check> checks_for(tree::TreeReader& tree, std::vector<std::string> packages) {
    std::vector<Check> checks;
    for (const auto& [database, command, findings] : known) {
        auto words = words_of(command);
        const auto is_there = std::ranges::any_of(checks, [&](const Check& check) {
            return check.words == words;
        }); // a database may have two names
        if (!is_there && tree.look_up(database) && tree.look_up(words.front())) {
            checks.push_back({std::move(words), findings});
        }
    }
    if (!packages.empty() && tree.look_up(dpkg)) {
        checks.push_back({{dpkg, "-V"}, Findings::lines, std::move(packages)});
    }
    return checks;
}

std::vector<std::string>
findings_of(const Check& check, const Outcome& outcome, tree::TreeReader& tree) {
    std::vector<std::string> findings;
    for (const auto line : split(outcome.output, '\n')) {
        if (!trimmed(line).empty() &&
            (!outcome.succeeded() || is_finding(check.findings, line, tree))) {
            findings.emplace_back(line);
        }
    }
    if (outcome.out_of_time) {
        findings.emplace_back("it did not come to its end in time");
    } else if (findings.empty() && !outcome.succeeded()) {
        findings.push_back(fmt::format("exit status {}", outcome.status));
    }
    return findings;
}

std::vector<std::string>
touched_packages(const Contents& contents, const Digest& before, const Digest& after) {
    tree::TreeReader tree(contents, after);
    const auto installed = installed_packages(tree);
    if (installed.empty()) {
        return {};
    }
    const auto changed = changed_paths(contents, before, after);
    std::set<std::string> touched;
    for (const auto& path : changed) {
        touched.insert(package_of_record(path));
    }
    for (const auto& entry : tree.list(dpkg_info)) {
        if (entry.name.ends_with(list_suffix)) {
            const auto name = entry.name.substr(0, entry.name.size() - list_suffix.size());
            if (!touched.contains(name) &&
                lists_changed(tree, std::string(dpkg_info) + entry.name, changed)) {
                touched.insert(name);
            }
        }
    }
    std::erase_if(touched, [&](const std::string& name) {
        return !installed.contains(without_architecture(name));
    });
    return {touched.begin(), touched.end()};
}

} // namespace slipway::sandbox
