// The habits of a process that serves the root filesystem it runs under.
#pragma once

#include "base/reporter.h"

namespace slipway::mount {

/// Makes this process one that can serve the root: locked in memory, never waiting for memory
/// that only writing to the root could free, last to be killed for memory, deaf to hang-ups, and
/// named so that the system's shutdown spares it. `program_name` is argv[0], whose first byte
/// becomes '@' (https://systemd.io/ROOT_STORAGE_DAEMONS). Each habit that the system refuses is
/// told as a detail: the root is served all the same. Call it before threads start.
void become_root_server(char* program_name, Reporter& reporter);

} // namespace slipway::mount
