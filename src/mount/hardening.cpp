#include "mount/hardening.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/file.h"

namespace slipway::mount {

namespace {

/// PR_SET_IO_FLUSHER, which the C library's headers may not know yet.
constexpr int set_io_flusher = 57;

constexpr std::string_view never_kill = "-1000";

void tell(bool failed, std::string_view habit, Reporter& reporter) {
    if (failed) {
        reporter.detail(fmt::format("the system refuses to {}: {}", habit, std::strerror(errno)));
    }
}

void survive_lack_of_memory(Reporter& reporter) {
    try {
        const auto file = open_file("/proc/self/oom_score_adj", O_WRONLY);
        write_all(file.get(), as_bytes(never_kill), "/proc/self/oom_score_adj");
    } catch (const Error& error) {
        reporter.detail(error.what());
    }
}

/// What is there now, and what will be used later, but not the unused parts of threads' stacks.
void lock_in_memory(Reporter& reporter) {
    const auto failed = mlockall(MCL_CURRENT) != 0 || mlockall(MCL_FUTURE | MCL_ONFAULT) != 0;
    tell(failed, "lock the process in memory", reporter);
}

} // namespace

void become_root_server(char* program_name, Reporter& reporter) {
    if (program_name != nullptr && *program_name != '\0') {
        *program_name = '@';
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    survive_lack_of_memory(reporter);
    lock_in_memory(reporter);
    tell(
        prctl(set_io_flusher, 1, 0, 0, 0) != 0, "mark the process as one that serves I/O", reporter
    );
}

} // namespace slipway::mount
