// cpio archives, as initramfs files are.
#pragma once

#include "base/reporter.h"
#include "base/stream.h"
#include "formats/scan.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// Reads cpio archives (cpio_reader.h) in order, once; later ones lie over earlier ones. Names are
/// taken as read_tar() takes them.
ScanResult read_cpio(Source& archive, tree::Ingest& ingest, Reporter& reporter);

} // namespace slipway::formats
