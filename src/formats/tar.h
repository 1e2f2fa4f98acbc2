// Tar archives: reading one into a tree, writing a tree as one.
//
// Names are bytes throughout. The archive format is read and written here, because libarchive
// changes names in it (it normalises Unicode); libarchive unpacks the compressions.
#pragma once

#include <cstdint>

#include "base/reporter.h"
#include "base/stream.h"
#include "formats/scan.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// Reads a tar stream (PAX, GNU, ustar; plain, gzip, xz, zstd or bzip2) in order, once.
///
/// Members whose names leave the root (`../`) or that pass through a symbolic link or a file of the
/// archive are refused (Fault::refused, naming the member); a leading "/" or "./" is dropped.
/// A later member replaces an earlier one of the same name. Directories that have no member get
/// 0755 root root and time 0. The same tree as scanning the extracted archive as root. An archive
/// without its end mark is Fault::corrupt, as is any other damage.
ScanResult read_tar(Source& archive, tree::Ingest& ingest, Reporter& reporter);

/// Writes `tree` as a PAX archive, in the order of names, hard links after their first member,
/// byte for byte the same for the same tree. Sockets are left out with a notice. The caller
/// finishes `out`.
void write_tar(const Contents& contents, const Digest& tree, Sink& out, Reporter& reporter);

} // namespace slipway::formats
