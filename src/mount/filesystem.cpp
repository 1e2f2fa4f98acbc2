#include "mount/filesystem.h"

#include <cerrno>

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/mount_table.h"

namespace slipway::mount {

namespace {

std::filesystem::path lower_directory(const std::filesystem::path& runtime_directory) {
    return runtime_directory / "lower";
}

std::filesystem::path memory_directory(const std::filesystem::path& runtime_directory) {
    return runtime_directory / "memory";
}

/// What a failed mount of `type` means; `code` is its errno.
Error mount_error(int code, const char* type, const std::filesystem::path& source) {
    if (code == ENODEV) {
        return Error(Fault::unavailable, fmt::format("the kernel cannot mount {}", type))
            .hint(fmt::format("load its module, and what that needs: modprobe {}", type));
    }
    const auto is_damaged = code == EINVAL || code == EUCLEAN;
    if (is_damaged && std::string_view(type) == "erofs") {
        return {Fault::corrupt, fmt::format("there is no EROFS image on {}", source.native())};
    }
    auto error = system_error(code, fmt::format("cannot mount {} from {}", type, source.native()));
    if (code == EINVAL) {
        return std::move(error).hint(
            "the kernel's log says why; an upper directory must not lie on "
            "an overlay or a network filesystem"
        );
    }
    return error;
}

void mount_erofs(const std::filesystem::path& device, const std::filesystem::path& directory) {
    if (::mount(device.c_str(), directory.c_str(), "erofs", MS_RDONLY, nullptr) != 0) {
        throw mount_error(errno, "erofs", device);
    }
}

void mount_tmpfs(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    if (::mount("slipway", directory.c_str(), "tmpfs", 0, "mode=0755") != 0) {
        throw mount_error(errno, "tmpfs", "memory");
    }
}

void mount_overlay(
    const std::filesystem::path& lower,
    const std::filesystem::path& writable,
    const std::filesystem::path& directory
) {
    std::filesystem::create_directories(writable / "upper");
    std::filesystem::create_directories(writable / "work");
    const auto options = overlay_options(lower, writable);
    if (::mount(overlay_source, directory.c_str(), "overlay", 0, options.c_str()) != 0) {
        throw mount_error(errno, "overlay", writable);
    }
}

void require_directory(const std::filesystem::path& directory) {
    if (!std::filesystem::is_directory(directory)) {
        throw Error(
            Fault::not_found, fmt::format("{} is not a directory to mount at", directory.native())
        )
            .hint("make it first: mkdir");
    }
}

std::string escaped(const std::filesystem::path& path) {
    std::string text;
    for (const auto c : path.native()) {
        if (c == ',' || c == ':' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text;
}

} // namespace

Filesystem::Filesystem(
    const std::filesystem::path& device,
    const std::filesystem::path& directory,
    const FilesystemOptions& options,
    Reporter& reporter
)
    : directory_(directory), source_(options.writable ? overlay_source : device.native()),
      options_(options), reporter_(reporter) {
    require_directory(directory);
    directory_ = std::filesystem::canonical(directory);
    if (!options.writable) {
        mount_erofs(device, directory_);
        return;
    }
    const auto lower = lower_directory(options.runtime_directory);
    auto writable = options.writable->directory;
    std::filesystem::create_directories(lower);
    try {
        mount_erofs(device, lower);
        if (writable.empty()) {
            writable = memory_directory(options.runtime_directory);
            mount_tmpfs(writable);
        }
        mount_overlay(lower, std::filesystem::absolute(writable), directory_);
    } catch (...) {
        abandon_layers(options.runtime_directory);
        throw;
    }
}

Filesystem::~Filesystem() {
    try {
        if (is_on_top(read_mount_table(), directory_, source_) && !unmount(directory_)) {
            unmount_lazily(directory_);
            reporter_.notice(
                fmt::format("{} is in use, it goes when it is let go", directory_.native())
            );
        }
        if (options_.writable) {
            abandon_layers(options_.runtime_directory);
        }
    } catch (const std::exception& error) {
        reporter_.notice(error.what());
    }
}

bool unmount(const std::filesystem::path& directory) {
    if (umount2(directory.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) {
        return true;
    }
    if (errno != EBUSY) {
        throw_errno(fmt::format("cannot unmount {}", directory.native()));
    }
    return false;
}

void unmount_lazily(const std::filesystem::path& directory) {
    const auto flags = UMOUNT_NOFOLLOW | MNT_DETACH;
    if (umount2(directory.c_str(), flags) != 0 && errno != EINVAL && errno != ENOENT) {
        throw_errno(fmt::format("cannot unmount {}", directory.native()));
    }
}

void abandon_layers(const std::filesystem::path& runtime_directory) {
    unmount_lazily(memory_directory(runtime_directory));
    unmount_lazily(lower_directory(runtime_directory));
}

std::string
overlay_options(const std::filesystem::path& lower, const std::filesystem::path& writable) {
    // The upper directory must mean the same without this kernel's defaults: it becomes a commit.
    return fmt::format(
        "lowerdir={},upperdir={},workdir={},redirect_dir=off,metacopy=off,index=off",
        escaped(lower),
        escaped(writable / "upper"),
        escaped(writable / "work")
    );
}

} // namespace slipway::mount
