#include "formats/images/live_media.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/source_kind.h"

namespace slipway::formats {

namespace {

constexpr std::size_t deepest_search = 5;
constexpr std::uint64_t smallest_system = 4096;
constexpr std::size_t most_files = 1U << 20U;

/// The places that media of the usual kinds have; the first that is there is it.
constexpr std::array known_systems{
    "live/filesystem.squashfs",
    "casper/filesystem.squashfs",
    "liveos/squashfs.img",
    "arch/x86_64/airootfs.sfs",
    "arch/x86_64/airootfs.erofs",
    "arch/aarch64/airootfs.sfs",
    "live",
    "image.squashfs",
    "rescue",
    "liveos/rootfs.img",
};

constexpr std::array known_boot_folders{
    "live",
    "casper",
    "images/pxeboot",
    "arch/boot/x86_64",
    "arch/boot/aarch64",
    "isolinux",
    "boot",
    "syslinux/alt0",
    "boot/x86_64/loader",
    "boot/x86_64",
    "boot/kernel",
};

struct MediumFile {
    std::string path;
    ImageReader::NodeId node = 0;
};

std::string lower(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return made;
}

bool is_filesystem(ImageReader& medium, ImageReader::NodeId node) {
    const auto file = medium.open(node);
    if (file->size() < smallest_system) {
        return false;
    }
    Buffer beginning(std::min<std::uint64_t>(file->size(), recognised_bytes));
    file->read_at(0, beginning);
    if (as_text(ConstBytes(beginning).first(2)) == "MZ" || beginning[510] == std::byte{0x55}) {
        return false; // programs and boot images
    }
    switch (recognise(beginning)) {
    case SourceKind::squashfs:
    case SourceKind::erofs:
    case SourceKind::ext:
        return true;
    default:
        return false;
    }
}

/// All regular files of the medium, by path.
std::vector<MediumFile> files_of(ImageReader& medium) {
    struct Folder {
        std::string path;
        ImageReader::NodeId node = 0;
        std::size_t depth = 0;
    };

    std::vector<MediumFile> files;
    std::vector<Folder> waiting{{"", medium.root(), 0}};
    std::size_t seen = 0;
    while (!waiting.empty() && seen < most_files) {
        const auto at = std::move(waiting.back());
        waiting.pop_back();
        for (const auto& child : medium.children(at.node)) {
            ++seen;
            const auto mode = medium.node(child.node).mode;
            auto path = at.path.empty() ? child.name : at.path + "/" + child.name;
            if (S_ISREG(mode)) {
                files.push_back({std::move(path), child.node});
            } else if (S_ISDIR(mode) && at.depth < deepest_search) {
                waiting.push_back({std::move(path), child.node, at.depth + 1});
            }
        }
    }
    std::ranges::sort(files, {}, &MediumFile::path);
    return files;
}

/// Ubuntu stacks "minimal", "minimal.standard" and "minimal.standard.live": what a name begins with
/// lies below it.
std::vector<std::string>
layers_below(const std::string& path, const std::vector<std::string>& filesystems) {
    constexpr std::string_view ending = ".squashfs";
    if (!path.starts_with("casper/") || !path.ends_with(ending)) {
        return {path};
    }
    std::vector<std::string> layers;
    for (const auto& each : filesystems) {
        const auto stem = each.substr(0, each.size() - std::min(each.size(), ending.size()));
        if (each == path || (each.ends_with(ending) && path.starts_with(stem + "."))) {
            layers.push_back(each);
        }
    }
    std::ranges::sort(layers, {}, [](const auto& layer) { return layer.size(); });
    return layers;
}

/// The system of casper's layers that the medium itself boots.
std::optional<std::string> stacked_system(const std::vector<std::string>& filesystems) {
    for (const std::string_view ending : {".live.squashfs", ".installer.squashfs"}) {
        std::vector<std::string> found;
        std::ranges::copy_if(filesystems, std::back_inserter(found), [&](const auto& each) {
            return each.starts_with("casper/") && each.ends_with(ending);
        });
        if (found.size() == 1) {
            return found.front();
        }
    }
    return std::nullopt;
}

std::string
choose(const std::vector<std::string>& filesystems, const std::optional<std::string>& wanted) {
    if (wanted) {
        auto path = wanted->starts_with('/') ? wanted->substr(1) : *wanted;
        if (std::ranges::find(filesystems, path) == filesystems.end()) {
            throw Error(
                Fault::not_found, fmt::format("the medium has no filesystem {}", printable(path))
            )
                .hint(fmt::format("it has {}", fmt::join(filesystems, ", ")));
        }
        return path;
    }
    for (const auto* known : known_systems) {
        for (const auto& each : filesystems) {
            if (lower(each) == known) {
                return each;
            }
        }
    }
    if (const auto stacked = stacked_system(filesystems)) {
        return *stacked;
    }
    if (filesystems.empty()) {
        throw Error(Fault::not_found, "there is no system on the medium")
            .hint("it must hold a squashfs, EROFS or ext image, as live media do");
    }
    if (filesystems.size() > 1) {
        throw Error(Fault::not_found, "the medium has several filesystems, none in a usual place")
            .hint(fmt::format("choose by --image: {}", fmt::join(filesystems, ", ")));
    }
    return filesystems.front();
}

bool is_linux(ImageReader& medium, ImageReader::NodeId node) {
    constexpr std::size_t header_bytes = 0x210;
    const auto file = medium.open(node);
    if (file->size() < header_bytes) {
        return false;
    }
    Buffer header(header_bytes);
    file->read_at(0, header);
    const auto text = as_text(header);
    return text.substr(0x202, 4) == "HdrS" || text.substr(0x38, 4) == "ARMd";
}

/// The kernel and the initrd in one folder of the medium.
void find_kernel_in(
    ImageReader& medium,
    const std::vector<MediumFile>& files,
    std::string_view folder,
    LiveSystem& system
) {
    for (const auto& [path, node] : files) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos || lower(path.substr(0, slash)) != folder) {
            continue;
        }
        const auto name = lower(path.substr(slash + 1));
        const auto is_kernel_name =
            name.starts_with("vmlinuz") || name.starts_with("linux") || name.starts_with("bzimage");
        if (is_kernel_name && !system.kernel && is_linux(medium, node)) {
            system.kernel = path;
        }
        if ((name.starts_with("initr") || name == "full.cz") && !system.initrd) {
            system.initrd = path;
        }
    }
    if (!system.kernel) {
        system.initrd.reset();
    }
}

} // namespace

LiveSystem find_live_system(ImageReader& medium, const std::optional<std::string>& wanted) {
    const auto files = files_of(medium);
    std::vector<std::string> filesystems;
    for (const auto& [path, node] : files) {
        if (is_filesystem(medium, node)) {
            filesystems.push_back(path);
        }
    }
    LiveSystem system;
    const auto chosen = choose(filesystems, wanted);
    system.filesystems = layers_below(chosen, filesystems);
    for (const auto* folder : known_boot_folders) {
        if (!system.kernel) {
            find_kernel_in(medium, files, folder, system);
        }
    }
    return system;
}

std::optional<std::string> kernel_release(const Blob& kernel) {
    constexpr std::uint64_t version_field = 0x20e;
    constexpr std::uint64_t setup_offset = 0x200;
    constexpr std::size_t longest = 128;
    Buffer field(2);
    if (kernel.size() < version_field + field.size()) {
        return std::nullopt;
    }
    kernel.read_at(version_field, field);
    const auto at = setup_offset + load_u16(field);
    if (load_u16(field) == 0 || at >= kernel.size()) {
        return std::nullopt;
    }
    Buffer text(std::min<std::uint64_t>(longest, kernel.size() - at));
    kernel.read_at(at, text);
    const auto words = as_text(text);
    const auto release = words.substr(0, words.find_first_of(std::string_view(" \0", 2)));
    const auto is_release =
        !release.empty() && release.size() < longest &&
        std::ranges::all_of(release, [](char letter) {
            const auto is_digit = letter >= '0' && letter <= '9';
            const auto is_letter =
                (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
            return is_digit || is_letter ||
                   std::string_view(".-_+~").find(letter) != std::string_view::npos;
        });
    return is_release ? std::optional(std::string(release)) : std::nullopt;
}

} // namespace slipway::formats
