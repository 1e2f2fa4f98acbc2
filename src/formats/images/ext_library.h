// libext2fs's header, for the few files that use the library.
#pragma once

// It defines functions that these warnings are about.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <ext2fs/ext2fs.h>
#pragma GCC diagnostic pop
