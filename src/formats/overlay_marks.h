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

/// Where in the lower tree lies what this directory merges with, or what this file's content is
/// taken from, if it is not at the same path: "/from/the/root", or another name in the directory
/// above. Null if it is there.
const std::string* redirect_of(const tree::Attributes& attributes);

/// A file whose content is the lower tree's; its attributes are its own.
bool is_metacopy(const tree::Attributes& attributes);

} // namespace slipway::formats
