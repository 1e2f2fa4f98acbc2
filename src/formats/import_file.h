// Reading a system from a file, whatever kind of file it is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/reporter.h"
#include "formats/scan.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// A file, or a pipe.
struct ImportSource {
    FileDescriptor file;
    std::string name; ///< for errors

    /// Where a file without a name may be made, for what can be read only at any place but comes
    /// from a pipe or compressed.
    std::filesystem::path scratch;

    /// Which system, of a source that may hold several: a tag or digest of a container image, the
    /// path of a filesystem on a live medium.
    std::optional<std::string> wanted;
};

/// Recognises the source by its content (source_kind.h) and reads it, as far as can be in one pass.
///
/// Errors: as the readers of each kind; Fault::corrupt for what is no known kind.
ScanResult import_file(const ImportSource& source, tree::Ingest& ingest, Reporter& reporter);

} // namespace slipway::formats
