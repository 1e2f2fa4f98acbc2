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
constexpr std::uint64_t largest_hot_file = 6ULL << 20U;

/// What people read, and what is built or run with large programs. A wrong guess costs no more
/// than such a directory has: it lies in few frames.
constexpr std::array<std::string_view, 19> cold_directories{
    "/usr/include/",
    "/usr/lib/gcc/",
    "/usr/lib/git-core/",
    "/usr/lib/python",
    "/usr/lib/udev/hwdb.d/",
    "/usr/libexec/gcc/",
    "/usr/share/doc/",
    "/usr/share/fonts/",
    "/usr/share/help/",
    "/usr/share/icons/",
    "/usr/share/info/",
    "/usr/share/locale/",
    "/usr/share/man/",
    "/usr/share/perl",
    "/usr/share/vim/",
    "/usr/src/",
    "/var/cache/",
    "/var/lib/apt/",
    "/var/lib/dpkg/info/"};

/// As /usr/lib/x86_64-linux-gnu/perl/5.36.0, /usr/bin/x86_64-linux-gnu-ld.
constexpr std::array<std::string_view, 3> cold_parts{"/gconv/", "/perl", "-linux-gnu-"};

constexpr std::array<std::string_view, 5> cold_suffixes{".a", ".h", ".mo", ".py", ".pyc"};

/// Read at every boot, whatever lies beside them: by udev, and by each program that sets a locale.
constexpr std::array<std::string_view, 2> hot_names{"/hwdb.bin", "/gconv-modules.cache"};

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

bool is_program(std::string_view path) {
    return path.find("bin/") != std::string_view::npos &&
           path.find(".so") == std::string_view::npos;
}

bool is_cold(std::string_view path, std::uint64_t size) {
    const auto begins = [&](auto directory) { return path.starts_with(directory); };
    const auto ends = [&](auto suffix) { return path.ends_with(suffix); };
    if (std::any_of(hot_names.begin(), hot_names.end(), ends)) {
        return false;
    }
    const auto has = [&](auto part) { return path.find(part) != std::string_view::npos; };
    return size > (is_program(path) ? largest_hot_program : largest_hot_file) ||
           std::any_of(cold_directories.begin(), cold_directories.end(), begins) ||
           std::any_of(cold_parts.begin(), cold_parts.end(), has) ||
           std::any_of(cold_suffixes.begin(), cold_suffixes.end(), ends);
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
    return is_cold(path, size) ? Group::cold : Group::hot;
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
