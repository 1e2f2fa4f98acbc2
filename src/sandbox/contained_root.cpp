#include "sandbox/contained_root.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/kernel.h"
#include "tree/content.h"

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
    "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
    "--die-with-parent",
    "--chdir", "/",
    "--clearenv"};
// clang-format on

/// Memory for what is temporary: as much as any tmpfs has where a whole machine is stood in for,
/// else bounded.
// clang-format off
constexpr std::array temporary_of_machine{
    "--perms", "1777", "--tmpfs", "/tmp",
    "--tmpfs", "/run"};
constexpr std::array temporary_of_program{
    "--perms", "1777", "--size", "1073741824", "--tmpfs", "/tmp",
    "--size", "67108864", "--tmpfs", "/run"};
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

/// What root of a machine is used to as well: devices that nobody can open here, chroot, ports
/// below 1024, ping, what PAM asks for.
constexpr std::array more_capabilities{
    "CAP_MKNOD",
    "CAP_SYS_CHROOT",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETPCAP",
    "CAP_AUDIT_WRITE"};

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

/// A merged mount shows the upper directory's attributes at its root.
void set_root_attributes(
    const Contents& contents, const Digest& tree, const std::filesystem::path& upper
) {
    std::filesystem::create_directories(upper);
    const auto directory = tree::load_directory(contents, tree);
    const auto& [mode, uid, gid, mtime, xattrs] = directory.attributes;
    const std::array<timespec, 2> times{
        {{0, UTIME_OMIT}, {mtime.seconds, static_cast<long>(mtime.nanoseconds)}}};
    for (const auto& [name, value] : xattrs) {
        if (setxattr(upper.c_str(), name.c_str(), value.data(), value.size(), 0) != 0) {
            throw_errno(fmt::format("cannot set {} of the layer", name));
        }
    }
    if (chown(upper.c_str(), uid, gid) != 0 || chmod(upper.c_str(), mode) != 0 ||
        utimensat(AT_FDCWD, upper.c_str(), times.data(), 0) != 0) {
        throw_errno("cannot set the attributes of the layer");
    }
}

void load_modules() {
    for (const auto* module : {"loop", "fuse", "erofs", "overlay"}) {
        mount::load_module(module);
    }
}

} // namespace

std::filesystem::path upper_of(const std::filesystem::path& place) {
    return upper_in(layer_of(place));
}

std::filesystem::path upper_in(const std::filesystem::path& layer) {
    return layer / "upper";
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
    Reporter& reporter,
    Surroundings surroundings
)
    : surroundings_(std::move(surroundings)), root_(place / "root"),
      image_(image::make_layout(contents, tree), contents),
      // Not NBD: a device of that kind outlives a process that is killed.
      device_(mount::attach(
          image_, {.transport = mount::Transport::fuse, .runtime_directory = place}, reporter
      )) {
    for (const auto& notice : image_.layout().notices) {
        reporter.detail(notice);
    }
    std::filesystem::create_directory(root_);
    const auto layer = surroundings_.layer.empty() ? layer_of(place) : surroundings_.layer;
    if (!surroundings_.layer.empty()) {
        set_root_attributes(contents, tree, upper_in(layer));
    }
    filesystem_ = std::make_unique<mount::Filesystem>(
        device_->path(),
        root_,
        mount::FilesystemOptions{.writable = mount::Writable{layer}, .runtime_directory = place},
        reporter
    );
    for (const auto& [name, value] : plain_environment) {
        set(name, value);
    }
}

void ContainedRoot::set(const std::string& name, const std::string& value) {
    environment_.insert(environment_.end(), {"--setenv", name, value});
}

std::vector<std::string>
ContainedRoot::contained(const std::vector<std::string>& words, Session session) const {
    std::vector<std::string> all{bubblewrap, "--bind", root_.native(), "/"};
    all.insert(all.end(), separation.begin(), separation.end());
    const auto is_machine = surroundings_.powers == Surroundings::Powers::system;
    const std::span<const char* const> temporary =
        is_machine ? std::span<const char* const>(temporary_of_machine) : temporary_of_program;
    all.insert(all.end(), temporary.begin(), temporary.end());
    all.insert(all.end(), {"--hostname", surroundings_.host_name});
    if (session == Session::own) {
        all.emplace_back("--new-session");
    }
    if (surroundings_.network == Surroundings::Network::none) {
        all.emplace_back("--unshare-net");
    }
    for (const auto& bind : surroundings_.binds) {
        const auto* const how = bind.access == Bind::Access::read_write ? "--bind" : "--ro-bind";
        all.insert(all.end(), {how, bind.source.native(), bind.target});
    }
    all.insert(all.end(), {"--cap-drop", "ALL"});
    const auto add = [&](const char* capability) {
        all.insert(all.end(), {"--cap-add", capability});
    };
    std::ranges::for_each(capabilities, add);
    if (is_machine) {
        std::ranges::for_each(more_capabilities, add);
    }
    all.insert(all.end(), environment_.begin(), environment_.end());
    all.emplace_back("--");
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

Outcome ContainedRoot::run(const std::vector<std::string>& words, const Limits& limits) const {
    return run_child(contained(words, Session::own), limits);
}

int ContainedRoot::run_attached(const std::vector<std::string>& words, Output output) const {
    // A terminal of its own is a session of its own, and a shell wants to lead it.
    const auto leads = has_terminal() && output == Output::as_is;
    return sandbox::run_attached(contained(words, leads ? Session::callers : Session::own), output);
}

} // namespace slipway::sandbox
