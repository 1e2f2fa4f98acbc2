// The lines that differ between two versions of text files.
#pragma once

#include <string>

#include "cli/changes.h"

namespace slipway::cli {

/// A unified diff of the file's content, as `diff -u` writes it, coloured by `palette`; one line if
/// either side is no text; empty if no file's content differs.
std::string text_of(const Contents& contents, const tree::Change& change, const Palette& palette);

} // namespace slipway::cli
