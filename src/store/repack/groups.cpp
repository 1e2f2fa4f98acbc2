#include "store/repack/groups.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::store {

namespace {

/// Larger ones are hardly what a boot waits for: compilers, interpreters, editors.
constexpr std::uint64_t largest_hot_program = 2ULL << 20U;
constexpr std::uint64_t largest_hot_library = 6ULL << 20U;

constexpr std::array<std::string_view, 19> hot_directories{
    "/etc/",
    "/bin/",
    "/sbin/",
    "/lib/systemd/",
    "/lib/udev/",
    "/lib/terminfo/",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/libexec/",
    "/usr/lib/dbus-1.0/",
    "/usr/lib/init/",
    "/usr/lib/locale/",
    "/usr/lib/openssh/",
    "/usr/lib/systemd/",
    "/usr/lib/terminfo/",
    "/usr/lib/udev/",
    "/usr/share/dbus-1/",
    "/usr/share/terminfo/",
    "/var/lib/systemd/"};

/// What databases are made from, in directories that are hot.
constexpr std::array<std::string_view, 2> cold_directories{
    "/lib/udev/hwdb.d/", "/usr/lib/udev/hwdb.d/"};

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

/// What follows the directory of libraries that `path` is in; nothing if it is in none.
std::optional<std::string_view> below_libraries(std::string_view path) {
    for (const std::string_view root : {"/lib/", "/usr/lib/", "/lib64/", "/usr/lib64/"}) {
        if (path.starts_with(root)) {
            return path.substr(root.size());
        }
    }
    return std::nullopt;
}

/// A library that programs are linked to lies at the top of a library directory; what they load at
/// once (PAM, systemd's own) one below.
bool is_shared_library(std::string_view path) {
    const auto below = below_libraries(path);
    return below && below->find(".so") != std::string_view::npos &&
           (std::count(below->begin(), below->end(), '/') <= 1 ||
            below->find("/security/") != std::string_view::npos ||
            below->find("/systemd/") != std::string_view::npos);
}

/// As /usr/lib/tmpfiles.d/systemd.conf.
bool is_drop_in(std::string_view path) {
    const auto below = below_libraries(path);
    return below && below->substr(0, below->find('/')).ends_with(".d");
}

template <typename Directories>
bool is_in(const Directories& directories, std::string_view path) {
    return std::any_of(directories.begin(), directories.end(), [&](auto directory) {
        return path.starts_with(directory);
    });
}

bool is_hot(std::string_view path, std::uint64_t size) {
    if (is_shared_library(path) || is_in_modules(path)) {
        return size <= largest_hot_library;
    }
    return size <= largest_hot_program && !is_in(cold_directories, path) &&
           (is_drop_in(path) || is_in(hot_directories, path));
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
    return is_hot(path, size) ? Group::hot : Group::cold;
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
