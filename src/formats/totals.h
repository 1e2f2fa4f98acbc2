// What a finished draft holds, counted.
#pragma once

#include "formats/draft.h"
#include "formats/scan.h"

namespace slipway::formats {

/// Sets the entries, files and bytes of `result`. After arrange(), when all sizes are known.
void count(const Draft& draft, ScanResult& result);

} // namespace slipway::formats
