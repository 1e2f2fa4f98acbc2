#include "formats/archive_import.h"
#include "formats/cpio.h"
#include "formats/cpio_reader.h"

namespace slipway::formats {

ScanResult read_cpio(Source& archive, tree::Ingest& ingest, Reporter& reporter) {
    CpioReader reader(archive);
    ArchiveImport import(ingest, reporter);
    import.take(reader, ArchiveImport::Whiteouts::names);
    return import.finish();
}

} // namespace slipway::formats
