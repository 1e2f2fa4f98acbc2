// What overlayfs writes into an upper directory to say that something is gone or stands alone.
//
// Source: the Linux kernel's Documentation/filesystems/overlayfs.rst.
#pragma once

#include "tree/objects.h"

namespace slipway::formats {

/// A character device 0/0, or an empty file with the attribute for it: the name is gone.
bool is_whiteout(const tree::Entry& entry);

/// A directory that hides what lies beneath it.
bool is_opaque(const tree::Attributes& attributes);

/// Without overlayfs's own attributes; those that it escaped, because they belong to an overlay
/// within, get their names back.
tree::Attributes without_marks(const tree::Attributes& attributes);

/// The attribute that makes it impossible to apply this entry alone; null if there is none.
const char* unsupported_mark(const tree::Attributes& attributes);

} // namespace slipway::formats
