#include "mount/loop_device.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "mount/kernel.h"

namespace slipway::mount {

namespace {

constexpr int tries = 64; // another process may take the free device between two calls
constexpr std::string_view read_ahead_kib = "128";

FileDescriptor open_control() {
    constexpr const char* path = "/dev/loop-control";
    if (access(path, F_OK) != 0) {
        load_module("loop");
    }
    FileDescriptor control(open(path, O_RDWR | O_CLOEXEC));
    if (!control.is_open()) {
        throw Error(
            Fault::unavailable, fmt::format("cannot open {}: {}", path, std::strerror(errno))
        )
            .hint("load the kernel's module: modprobe loop");
    }
    return control;
}

loop_config configuration(int file, const std::filesystem::path& path, std::uint32_t block_size) {
    loop_config config = {};
    config.fd = static_cast<std::uint32_t>(file);
    config.block_size = block_size;
    // With direct I/O many reads are in flight at once; without it the driver reads one after the
    // other, which a file behind a network must not suffer.
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
    path.native().copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
    return config;
}

} // namespace

LoopDevice::LoopDevice(
    const std::filesystem::path& file, std::uint32_t block_size, Reporter& reporter
) {
    const auto control = open_control();
    const auto backing = open_file(file, O_RDONLY);
    const auto config = configuration(backing.get(), file, block_size);
    for (int i = 0; i < tries; ++i) {
        const auto number = ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0) {
            throw_errno("cannot get a free loop device");
        }
        const auto name = fmt::format("loop{}", number);
        path_ = device_node(name);
        device_ = open_file(path_, O_RDONLY);
        if (ioctl(device_.get(), LOOP_CONFIGURE, &config) == 0) {
            set_block_setting(name, "queue/read_ahead_kb", read_ahead_kib, reporter);
            return;
        }
        if (errno != EBUSY) {
            throw_errno(fmt::format("cannot set up {}", path_.native()));
        }
    }
    throw Error(Fault::unavailable, "every free loop device was taken by another process");
}

LoopDevice::~LoopDevice() {
    ioctl(device_.get(), LOOP_CLR_FD);
}

} // namespace slipway::mount
