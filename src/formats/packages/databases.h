// The package databases of each family, as bytes (packages.h reads them from a tree).
//
// All take hostile bytes and throw Fault::corrupt. The lists are not sorted.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "formats/packages/packages.h"

namespace slipway::formats {

/// dpkg's status file, or a file of status.d: those whose files are there.
std::vector<Package> parse_dpkg_status(ConstBytes text);

/// apk's installed file.
std::vector<Package> parse_apk_installed(ConstBytes text);

/// One package's desc file of pacman's local database.
Package parse_pacman_desc(ConstBytes text);

/// rpm's rpmdb.sqlite.
std::vector<Package> parse_rpm_sqlite(Buffer database);

/// One package as rpm keeps it: a header without its magic (rpm's "Package File Format", "Header").
Package parse_rpm_header(ConstBytes blob);

} // namespace slipway::formats
