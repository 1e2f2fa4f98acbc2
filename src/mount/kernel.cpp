#include "mount/kernel.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::mount {

namespace {

constexpr mode_t device_mode = S_IFBLK | 0600;

std::filesystem::path setting_path(const std::string& device, std::string_view setting) {
    return std::filesystem::path("/sys/block") / device / setting;
}

/// "43:16" as a device number; nothing if it is none.
std::optional<dev_t> parse_number(std::string_view text) {
    const auto parts = split(text, ':');
    std::array<unsigned, 2> numbers = {};
    if (parts.size() != numbers.size()) {
        return {};
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto end = parts[i].data() + parts[i].size();
        if (std::from_chars(parts[i].data(), end, numbers[i]).ptr != end) {
            return {};
        }
    }
    return makedev(numbers[0], numbers[1]);
}

} // namespace

void require_root(std::string_view what) {
    if (geteuid() != 0) {
        throw Error(Fault::refused, fmt::format("only root may make {}", what))
            .hint("run the same command with sudo");
    }
}

void load_module(const char* name) {
    std::string program = "/sbin/modprobe";
    std::string quiet = "-q";
    std::string module = name;
    std::array<char*, 4> arguments = {program.data(), quiet.data(), module.data(), nullptr};
    pid_t child = 0;
    if (posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
        return;
    }
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::filesystem::path device_node(const std::string& name) {
    auto path = std::filesystem::path("/dev") / name;
    if (access(path.c_str(), F_OK) == 0) {
        return path;
    }
    const auto number = parse_number(block_setting(name, "dev").value_or(""));
    if (!number) {
        throw Error(Fault::unavailable, fmt::format("the kernel has no block device {}", name))
            .hint("is /sys mounted?");
    }
    if (mknod(path.c_str(), device_mode, *number) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot make {}", path.native()));
    }
    return path;
}

std::optional<std::string> block_setting(const std::string& device, std::string_view setting) {
    const FileDescriptor file(open(setting_path(device, setting).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        return {};
    }
    Buffer text(4096);
    text.resize(read_some(file.get(), text, setting));
    return std::string(trimmed(as_text(text)));
}

void set_block_setting(
    const std::string& device, std::string_view setting, std::string_view value, Reporter& reporter
) {
    const auto path = setting_path(device, setting);
    try {
        const auto file = open_file(path, O_WRONLY);
        write_all(file.get(), as_bytes(value), path.native());
    } catch (const Error& error) {
        reporter.detail(error.what());
    }
}

} // namespace slipway::mount
