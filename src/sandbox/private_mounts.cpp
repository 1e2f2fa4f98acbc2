#include "sandbox/private_mounts.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/error.h"

namespace slipway::sandbox {

namespace {

// The same for every process: each has a filesystem of its own mounted there.
const std::filesystem::path shared_place = "/run/slipway/sandbox";

void require(int result, const char* what) {
    if (result != 0) {
        throw Error(Fault::unavailable, fmt::format("{}: {}", what, std::strerror(errno)))
            .hint("a sandbox needs root, with the right to mount");
    }
}

void leave_shared_mounts() {
    require(unshare(CLONE_NEWNS), "cannot get private mounts");
    require(
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "cannot make mounts private"
    );
    std::filesystem::create_directories(shared_place);
    require(
        mount("slipway", shared_place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700"),
        "cannot mount a tmpfs"
    );
}

} // namespace

void with_private_mounts(const std::function<void(const std::filesystem::path& place)>& work) {
    std::exception_ptr failure;
    std::thread([&] {
        try {
            leave_shared_mounts();
            work(shared_place);
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace slipway::sandbox
