#include "store/repack/groups.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::store {

namespace {

/// A larger file is hardly what a boot waits for: compilers, translations, icons.
constexpr std::uint64_t largest_hot_file = 6ULL << 20U;

constexpr std::array<std::string_view, 14> hot_directories{
    "/etc/",
    "/bin/",
    "/sbin/",
    "/lib/systemd/",
    "/lib/udev/",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/lib/systemd/",
    "/usr/lib/udev/",
    "/usr/libexec/",
    "/usr/lib/locale/",
    "/usr/share/dbus-1/",
    "/usr/lib/tmpfiles.d/",
    "/usr/lib/sysusers.d/"};

constexpr std::array<std::string_view, 12> compressed_suffixes{
    ".gz",
    ".xz",
    ".zst",
    ".bz2",
    ".lz4",
    ".png",
    ".jpg",
    ".jpeg",
    ".woff2",
    ".zip",
    ".deb",
    ".rpm"};

bool is_in_modules(std::string_view path) {
    return path.starts_with("/lib/modules/") || path.starts_with("/usr/lib/modules/");
}

/// Kernels and initial ramdisks: all but a few of their bytes are compressed.
bool is_boot_image(std::string_view path) {
    return path.starts_with("/boot/") && (path.find("initr") != std::string_view::npos ||
                                          path.find("vmlinuz") != std::string_view::npos);
}

/// A library that programs are linked to: it lies at the top of a library directory.
bool is_shared_library(std::string_view path) {
    for (const std::string_view root : {"/lib/", "/usr/lib/", "/lib64/", "/usr/lib64/"}) {
        if (path.starts_with(root)) {
            const auto below = path.substr(root.size());
            return std::count(below.begin(), below.end(), '/') <= 1 &&
                   below.find(".so") != std::string_view::npos;
        }
    }
    return false;
}

bool is_hot(std::string_view path) {
    return is_in_modules(path) || is_shared_library(path) ||
           std::any_of(hot_directories.begin(), hot_directories.end(), [&](auto directory) {
               return path.starts_with(directory);
           });
}

} // namespace

Group group_of(std::string_view path, std::uint64_t size) {
    const auto has_suffix = [&](std::string_view suffix) { return path.ends_with(suffix); };
    if (is_boot_image(path) ||
        std::any_of(compressed_suffixes.begin(), compressed_suffixes.end(), has_suffix)) {
        return Group::compressed;
    }
    if (is_in_modules(path) && path.ends_with(".ko")) {
        return Group::modules;
    }
    return size <= largest_hot_file && is_hot(path) ? Group::hot : Group::cold;
}

HotList HotList::parse(ConstBytes text) {
    HotList list;
    std::uint32_t number = 0;
    for (const auto line : split(as_text(text), '\n')) {
        ++number;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        if (line.front() == '/') {
            list.paths_.try_emplace(std::string(line), number);
        } else if (const auto object = Digest::parse(line)) {
            list.objects_.try_emplace(*object, number);
        } else {
            throw Error(
                Fault::usage,
                fmt::format(
                    "line {}: '{}' is neither a path nor an object", number, printable(line)
                )
            )
                .hint("write one path from the root of the system a line, as in /usr/bin/bash");
        }
    }
    return list;
}

std::optional<std::uint32_t> HotList::rank(std::string_view path, const Digest& content) const {
    if (const auto found = paths_.find(std::string(path)); found != paths_.end()) {
        return found->second;
    }
    const auto found = objects_.find(content);
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace slipway::store
