// Where a live medium keeps its system.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/images/image_reader.h"

namespace slipway::formats {

/// Files of a medium.
struct LiveSystem {
    /// The filesystems that the system is made of, the lowest first.
    std::vector<std::string> filesystems;

    /// What the medium boots, if the system has no kernel of its own.
    std::optional<std::string> kernel;
    std::optional<std::string> initrd;
};

/// Finds the system on `medium`: of Debian live, Ubuntu and Mint (casper), Fedora and openSUSE
/// (LiveOS), Arch, ALT and Gentoo, else the only filesystem there is. With `wanted`: the filesystem
/// at that path.
///
/// Throws Fault::not_found if there is none, or several and nothing says which; the hint lists
/// them.
LiveSystem find_live_system(ImageReader& medium, const std::optional<std::string>& wanted);

/// The release of a Linux kernel image ("6.1.0-18-amd64"); nothing if it does not tell.
std::optional<std::string> kernel_release(const Blob& kernel);

} // namespace slipway::formats
