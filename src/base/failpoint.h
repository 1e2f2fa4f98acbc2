// Places where a test may make this process die or fail.
//
// A failpoint costs one load while none is armed. `arm_failpoint("NAME[:N][=exit|error|enospc]")`
// makes the Nth arrival (default the first) at NAME end the process at once with status 86 (the
// default: nothing is flushed, as with kill -9), or throw Fault::unavailable. NAME may be `*`: any.
#pragma once

#include <string_view>

namespace slipway {

/// Does nothing unless armed with this name.
void failpoint(std::string_view name);

/// Throws Fault::usage if `text` cannot be read. Call before threads start.
void arm_failpoint(std::string_view text);

} // namespace slipway
