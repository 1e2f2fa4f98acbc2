#include "sandbox/contained_root.h"

#include <array>

#include <unistd.h>

#include "base/error.h"
#include "mount/kernel.h"

namespace slipway::sandbox {

namespace {

constexpr const char* bubblewrap = "/usr/bin/bwrap";

/// The mounts that programs rely on, and what separates them from everything else. Their user is
/// root itself: a user namespace would have to map every owner in the tree. So nothing of the
/// kernel that root could write to may be in reach: /proc is read-only, /sys is not there.
// clang-format off
constexpr std::array separation{
    "--dev", "/dev",
    "--proc", "/proc", "--remount-ro", "/proc",
    "--perms", "1777", "--size", "1073741824", "--tmpfs", "/tmp",
    "--size", "67108864", "--tmpfs", "/run",
    "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
    "--hostname", "sandbox",
    "--new-session", "--die-with-parent",
    "--chdir", "/",
    "--clearenv"};
// clang-format on

/// What changing files of any owner takes, and no more.
constexpr std::array capabilities{
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_KILL"};

constexpr std::array<std::array<const char*, 2>, 5> plain_environment{{
    {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    {"HOME", "/root"},
    {"LC_ALL", "C.UTF-8"},
    {"TZ", "UTC"},
    {"DEBIAN_FRONTEND", "noninteractive"},
}};

/// Where an overlay's writes go.
std::filesystem::path layer_of(const std::filesystem::path& place) {
    return place / "layer";
}

void load_modules() {
    for (const auto* module : {"loop", "fuse", "erofs", "overlay"}) {
        mount::load_module(module);
    }
}

} // namespace

std::filesystem::path upper_of(const std::filesystem::path& place) {
    return layer_of(place) / "upper";
}

void require_sandbox() {
    if (geteuid() != 0) {
        throw Error(Fault::unavailable, "only root can run the programs of a tree")
            .hint("run the same command with sudo");
    }
    if (access(bubblewrap, X_OK) != 0) {
        throw Error(Fault::unavailable, "there is no bubblewrap to run the programs of a tree in")
            .hint("install the package bubblewrap");
    }
    load_modules();
    for (const auto* device : {"/dev/fuse", "/dev/loop-control"}) {
        if (access(device, R_OK | W_OK) != 0) {
            throw Error(Fault::unavailable, std::string("there is no ") + device)
                .hint("load the kernel's modules: modprobe -a fuse loop");
        }
    }
}

ContainedRoot::ContainedRoot(
    const Contents& contents,
    const Digest& tree,
    const std::filesystem::path& place,
    Reporter& reporter
)
    : root_(place / "root"), image_(image::make_layout(contents, tree), contents),
      // Not NBD: a device of that kind outlives a process that is killed.
      device_(mount::attach(
          image_, {.transport = mount::Transport::fuse, .runtime_directory = place}, reporter
      )) {
    for (const auto& notice : image_.layout().notices) {
        reporter.detail(notice);
    }
    std::filesystem::create_directory(root_);
    filesystem_ = std::make_unique<mount::Filesystem>(
        device_->path(),
        root_,
        mount::FilesystemOptions{
            .writable = mount::Writable{layer_of(place)}, .runtime_directory = place},
        reporter
    );
    for (const auto& [name, value] : plain_environment) {
        set(name, value);
    }
}

void ContainedRoot::set(const std::string& name, const std::string& value) {
    environment_.insert(environment_.end(), {"--setenv", name, value});
}

Outcome ContainedRoot::run(const std::vector<std::string>& words, const Limits& limits) const {
    std::vector<std::string> all{bubblewrap, "--bind", root_.native(), "/"};
    all.insert(all.end(), separation.begin(), separation.end());
    all.insert(all.end(), {"--cap-drop", "ALL"});
    for (const auto* capability : capabilities) {
        all.insert(all.end(), {"--cap-add", capability});
    }
    all.insert(all.end(), environment_.begin(), environment_.end());
    all.emplace_back("--");
    all.insert(all.end(), words.begin(), words.end());
    return run_child(all, limits);
}

} // namespace slipway::sandbox
