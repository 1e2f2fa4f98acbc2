// Importing a container image: its layers, one over the other.
#pragma once

#include <optional>
#include <string>

#include "base/reporter.h"
#include "formats/containers/archive_files.h"
#include "formats/scan.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// Reads the layers of the image that is `wanted` (container_image.h) in their order, each once and
/// unpacked on the way; marks in them take away what lies below. A layer that has not the digest it
/// is named by is Fault::corrupt. Payload that a later layer hides is stored, too.
ScanResult read_container_image(
    const ArchiveFiles& files,
    const std::optional<std::string>& wanted,
    tree::Ingest& ingest,
    Reporter& reporter
);

} // namespace slipway::formats
