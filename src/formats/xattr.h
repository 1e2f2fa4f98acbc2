// Extended attributes of files, as the kernel lists them: POSIX ACLs, capabilities and labels too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tree/objects.h"

namespace slipway::formats {

/// A path to `name` in the open `directory` (to the directory itself if `name` is empty), for
/// calls that know no directory descriptors. It needs /proc and does not follow `name`.
std::string descriptor_path(int directory, std::string_view name);

/// Throws Fault::unavailable, with a hint, if descriptor_path() cannot work.
void require_descriptor_paths();

enum class XattrsRead { done, unsupported, failed };

/// Reads the attributes of what is at `path`, never following it, sorted by name. `failed` sets
/// errno; `unsupported`: this filesystem keeps none.
XattrsRead read_xattrs(const char* path, std::vector<tree::Xattr>& xattrs);

/// Sets one attribute of what is at `path`, never following it; false with errno if it fails.
bool set_xattr(const char* path, const tree::Xattr& xattr);

} // namespace slipway::formats
