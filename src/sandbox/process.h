// A program that was started, and is not forgotten.
#pragma once

#include <sys/types.h>

#include "base/file.h"

namespace slipway::sandbox {

/// A child of this process. It is killed and waited for when this goes, unless it has been.
class Process {
public:
    /// group: it leads one, and those in it are killed with it. itself: it alone.
    enum class Reach { group, itself };

    /// Throws Fault::unavailable, and the child is gone, if the system cannot watch it.
    Process(pid_t id, Reach reach);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Kills it.
    void end() const;

    /// A descriptor that is readable once it has ended.
    int event() const { return handle_.get(); }

    /// True once it has ended; waits for that a moment, so that it can be asked in a loop.
    bool has_ended() const;

    /// Waits for its end, once. The exit status, or 128 and the signal that ended it.
    int wait();

private:
    pid_t id_; ///< -1 once it has been waited for
    Reach reach_;
    FileDescriptor handle_;
};

} // namespace slipway::sandbox
