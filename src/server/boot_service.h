// What a machine fetches before slipway-client runs: scripts, kernel, initramfs.
//
//   /boot.ipxe                   the loader, the same for every machine
//   /boot/script                 what this machine boots
//   /boot/COMMIT/kernel          the commit's kernel
//   /boot/COMMIT/initramfs       made on request from the commit's own modules, then kept;
//                                ?busid=… for the drivers of one network card only
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "net/http.h"
#include "server/boot/initramfs.h"
#include "server/file_cache.h"
#include "store/repository.h"

namespace slipway::server {

struct BootOptions {
    std::string branch;         ///< what machines boot; empty: the only branch there is
    std::string kernel_options; ///< "console=ttyS0"
    std::string kernel_release; ///< empty: the newest
    std::filesystem::path busybox = "/bin/busybox";
    std::filesystem::path client; ///< slipway-client
};

/// Any thread.
class BootService {
public:
    /// `repository` outlives it; initramfs and kernels are kept in `cache`.
    BootService(
        const store::Repository& repository, const std::filesystem::path& cache, BootOptions options
    );

    /// Answers a request whose path starts with "/boot". Throws not_found for what does not exist.
    net::Response answer(const net::Request& request);

private:
    net::Response script(const net::Request& request);
    net::Response kernel(const Digest& commit);
    net::Response initramfs(const Digest& commit, const std::string& bus_id);
    std::optional<store::Branch> boot_branch(std::string& reason) const;
    Digest tree_of(const Digest& commit) const;
    boot::Kernel find_kernel(boot::TreeReader& tree) const;
    std::string selection_of(const Digest& tree_id, const std::optional<boot::PciDevice>& card);

    const store::Repository& repository_;
    FileCache files_;
    BootOptions options_;
    Guarded<std::map<std::string, std::string>> selections_; ///< by tree and card; few
};

} // namespace slipway::server
