// Importing the system of a live medium from where it lies on it.
#pragma once

#include <optional>
#include <string>

#include "base/reporter.h"
#include "formats/scan.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// Reads a filesystem image by itself: squashfs, EROFS or ext.
ScanResult read_image(const Blob& image, tree::Ingest& ingest, Reporter& reporter);

/// Reads the system of an ISO 9660 live medium (live_media.h): the filesystems that it is made of,
/// and the one within, if they hold nothing else (LiveOS/rootfs.img). If the system has no kernel,
/// the medium's kernel and initrd are put into its /boot.
ScanResult read_live_medium(
    const Blob& medium,
    const std::optional<std::string>& wanted,
    tree::Ingest& ingest,
    Reporter& reporter
);

} // namespace slipway::formats
