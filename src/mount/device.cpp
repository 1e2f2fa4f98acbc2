#include "mount/device.h"

#include <sys/mount.h>

#include "base/error.h"
#include "mount/device_view.h"
#include "mount/fuse_file.h"
#include "mount/kernel.h"
#include "mount/loop_device.h"
#include "mount/nbd_device.h"

namespace slipway::mount {

namespace {

std::filesystem::path fuse_directory(const std::filesystem::path& runtime_directory) {
    return runtime_directory / "fuse";
}

/// A FUSE file and the loop device over it, which goes first.
class FuseDevice final : public Device {
public:
    FuseDevice(const DeviceView& view, const DeviceOptions& options, Reporter& reporter)
        : file_(view, fuse_directory(options.runtime_directory), options.threads),
          loop_(file_.path(), view.block_size(), reporter) {}

    std::filesystem::path path() const override { return loop_.path(); }

private:
    FuseFile file_;
    LoopDevice loop_;
};

} // namespace

std::unique_ptr<Device>
attach(const Blob& image, const DeviceOptions& options, Reporter& reporter) {
    require_root("a block device");
    std::filesystem::create_directories(options.runtime_directory);
    if (options.transport != Transport::fuse) {
        if (auto control = find_nbd()) {
            return attach_nbd(std::move(*control), image, options, reporter);
        }
        if (options.transport == Transport::nbd) {
            throw Error(Fault::unavailable, "the kernel has no NBD driver")
                .hint("load its module (modprobe nbd), or let a FUSE file do instead");
        }
        reporter.detail("the kernel has no NBD driver, a FUSE file under a loop device does instead"
        );
    }
    return std::make_unique<FuseDevice>(DeviceView(image, reporter), options, reporter);
}

std::unique_ptr<Device>
reattach(const Blob& image, const DeviceOptions& options, Reporter& reporter) {
    require_root("a block device");
    return reattach_nbd(image, options, reporter);
}

void abandon(const std::filesystem::path& runtime_directory) {
    abandon_nbd(runtime_directory);
    umount2(fuse_directory(runtime_directory).c_str(), MNT_DETACH);
}

} // namespace slipway::mount
