#include "formats/archive_import.h"
#include "formats/tar.h"
#include "formats/tar_reader.h"
#include "formats/unpacked_source.h"

namespace slipway::formats {

ScanResult read_tar(Source& archive, tree::Ingest& ingest, Reporter& reporter) {
    UnpackedSource unpacked(archive);
    TarReader reader(unpacked);
    ArchiveImport import(ingest, reporter);
    import.take(reader, ArchiveImport::Whiteouts::names);
    return import.finish();
}

} // namespace slipway::formats
