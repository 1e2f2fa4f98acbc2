#include "server/boot/kernel.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::server::boot {

namespace {

constexpr std::array<std::string_view, 2> module_roots = {"/usr/lib/modules", "/lib/modules"};

/// "6.1.0-50-amd64" of "vmlinuz-6.1.0-50-amd64"; also the names that Gentoo and arm64 systems use.
std::optional<std::string_view> release_in_name(std::string_view name) {
    for (const std::string_view prefix : {"vmlinuz-", "kernel-", "Image-"}) {
        if (name.starts_with(prefix) && name.size() > prefix.size()) {
            return name.substr(prefix.size());
        }
    }
    return std::nullopt;
}

std::optional<std::string> modules_of(TreeReader& tree, std::string_view release) {
    for (const auto root : module_roots) {
        const auto place = tree.look_up(fmt::format("{}/{}", root, release));
        if (place && std::holds_alternative<tree::Subdirectory>(place->node)) {
            return place->path;
        }
    }
    return std::nullopt;
}

/// What a search has met, so that a failure can say it.
struct Search {
    TreeReader& tree;
    std::vector<Kernel> found;
    std::vector<std::string> without_modules;

    void consider(const std::string& path, const std::optional<std::string>& named_release) {
        const auto place = tree.look_up(path);
        const auto* image = place ? std::get_if<tree::File>(&place->node) : nullptr;
        if (image == nullptr) {
            return;
        }
        // "/boot/vmlinuz -> vmlinuz-6.1": the link's end tells the release.
        const auto name = std::string_view(place->path).substr(place->path.rfind('/') + 1);
        const auto told = release_in_name(name);
        if (!named_release && !told) {
            without_modules.push_back(path);
            return;
        }
        const auto release = named_release ? *named_release : std::string(*told);
        if (auto modules = modules_of(tree, release)) {
            found.push_back({place->path, release, std::move(*modules), *image});
        } else {
            without_modules.push_back(path);
        }
    }
};

void search_boot(Search& search) {
    for (const auto& entry : search.tree.list("/boot")) {
        if (entry.name == "vmlinuz" || release_in_name(entry.name)) {
            search.consider("/boot/" + entry.name, std::nullopt);
        }
    }
}

void search_modules(Search& search) {
    for (const auto root : module_roots) {
        for (const auto& entry : search.tree.list(root)) {
            search.consider(fmt::format("{}/{}/vmlinuz", root, entry.name), entry.name);
        }
    }
}

Error no_kernel(const Search& search, std::optional<std::string_view> release) {
    std::vector<std::string> releases;
    for (const auto& kernel : search.found) {
        releases.push_back(printable(kernel.release));
    }
    if (release && !releases.empty()) {
        return Error(Fault::not_found, fmt::format("no kernel {} in the tree", printable(*release)))
            .hint(fmt::format("it has {}", fmt::join(releases, ", ")));
    }
    if (!search.without_modules.empty()) {
        const auto& path = search.without_modules.front();
        return Error(
                   Fault::not_found,
                   fmt::format("kernel {} has no modules in the tree", printable(path))
        )
            .hint("install its modules, so that /usr/lib/modules has a directory of its release");
    }
    return Error(Fault::not_found, "no kernel in the tree")
        .hint("install a kernel package, so that there is a /boot/vmlinuz-RELEASE");
}

} // namespace

Kernel find_kernel(TreeReader& tree, std::optional<std::string_view> release) {
    Search search{tree, {}, {}};
    search_boot(search);
    search_modules(search);
    const Kernel* best = nullptr;
    for (const auto& kernel : search.found) {
        const bool wanted = !release || kernel.release == *release;
        if (wanted && (best == nullptr || compare_versions(kernel.release, best->release) > 0)) {
            best = &kernel;
        }
    }
    if (best == nullptr) {
        throw no_kernel(search, release);
    }
    return *best;
}

} // namespace slipway::server::boot
