#include "mount/nbd_device.h"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/lock_file.h"
#include "mount/device_view.h"
#include "mount/fields.h"
#include "mount/kernel.h"
#include "mount/nbd_server.h"
#include "mount/threads.h"

namespace slipway::mount {

namespace {

constexpr std::string_view state_kind = "slipway nbd 1";
constexpr int socket_buffer_size = 4 << 20;
constexpr auto joining_pause = std::chrono::milliseconds(20);
constexpr int joining_tries = 1500; // half a minute

/// After this time the driver looks at a request again; one whose connection was replaced is then
/// sent anew, any other goes on waiting. So it bounds how long a read hangs after a crash.
constexpr std::string_view look_again_after_ms = "5000";

/// What a process needs to know to take over a device.
struct NbdState {
    std::uint32_t index = 0;
    std::uint64_t size = 0;
    std::string backend;
};

std::filesystem::path state_path(const std::filesystem::path& runtime_directory) {
    return runtime_directory / "nbd";
}

std::string device_name(std::uint32_t index) {
    return fmt::format("nbd{}", index);
}

std::string write_state(const NbdState& state) {
    return write_fields(
        state_kind,
        {{"index", fmt::format("{}", state.index)},
         {"size", fmt::format("{}", state.size)},
         {"backend", state.backend}}
    );
}

/// The state in a file that its owner filled; nothing if it died before, or ended the device.
std::optional<NbdState> read_state(const LockFile& file) {
    const auto bytes = file.read();
    if (bytes.empty()) {
        return {};
    }
    const auto fields = parse_fields(state_kind, bytes);
    return NbdState{
        static_cast<std::uint32_t>(number_in(fields, "index")),
        number_in(fields, "size"),
        text_in(fields, "backend")};
}

/// The state file, locked. Throws Fault::refused if a living process holds it.
LockFile take_state(const std::filesystem::path& runtime_directory) {
    auto file = LockFile::take(state_path(runtime_directory));
    if (!file) {
        throw Error(
            Fault::refused,
            fmt::format("another process serves the device of {}", runtime_directory.native())
        );
    }
    return std::move(*file);
}

/// True if the kernel's device is the one that was made with this state.
bool still_ours(const NbdState& state) {
    const auto backend = block_setting(device_name(state.index), "backend");
    return !backend || *backend == state.backend; // kernels before 5.14 do not tell
}

struct SocketPair {
    FileDescriptor ours;
    FileDescriptor kernels;
};

SocketPair make_socket_pair() {
    std::array<int, 2> ends = {};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw_errno("cannot make a socket pair");
    }
    SocketPair pair{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    const auto size = socket_buffer_size;
    setsockopt(pair.ours.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
    return pair;
}

bool is_hung_up(int socket) {
    pollfd state = {socket, POLLIN, 0};
    return poll(&state, 1, 0) > 0 && (state.revents & POLLHUP) != 0;
}

/// Gives the kernel a new socket for its device. It takes none while it has not noticed that the
/// old one is dead, so it is asked until it does.
FileDescriptor join(Guarded<NbdControl>& control, const NbdState& state) {
    for (int i = 0; i < joining_tries; ++i) {
        auto pair = make_socket_pair();
        control.lock()->reconfigure(
            state.index, {pair.kernels.get(), state.size, 0, state.backend}
        );
        pair.kernels = {};
        if (!is_hung_up(pair.ours.get())) {
            return std::move(pair.ours);
        }
        std::this_thread::sleep_for(joining_pause);
    }
    throw Error(Fault::unavailable, fmt::format("/dev/nbd{} takes no new socket", state.index));
}

class NbdDevice final : public Device {
public:
    NbdDevice(
        const DeviceView& view,
        const DeviceOptions& options,
        Reporter& reporter,
        NbdControl control,
        LockFile file
    )
        : view_(view), reporter_(reporter), threads_(options.threads), control_(std::move(control)),
          file_(std::move(file)) {}

    ~NbdDevice() override;

    /// Makes the device and serves it.
    void make(const std::string& backend);

    /// Takes over the device that `state` tells of.
    void take_over(const NbdState& state);

    std::filesystem::path path() const override { return path_; }

private:
    void start(FileDescriptor socket);
    void run(FileDescriptor socket);

    DeviceView view_;
    Reporter& reporter_;
    std::size_t threads_;
    Guarded<NbdControl> control_;
    LockFile file_;
    NbdState state_;
    std::filesystem::path path_;
    std::atomic<bool> ending_ = false;
    std::jthread server_;
};

NbdDevice::~NbdDevice() {
    if (!server_.joinable()) {
        return;
    }
    ending_ = true;
    try {
        control_.lock()->disconnect(state_.index);
        server_.join();
        file_.write("");
    } catch (const std::exception& error) {
        reporter_.notice(fmt::format("cannot end {}: {}", path_.native(), error.what()));
    }
}

void NbdDevice::make(const std::string& backend) {
    auto pair = make_socket_pair();
    const auto index =
        control_.lock()->connect({pair.kernels.get(), view_.size(), view_.block_size(), backend});
    pair.kernels = {};
    state_ = {index, view_.size(), backend};
    start(std::move(pair.ours));
}

void NbdDevice::take_over(const NbdState& state) {
    state_ = state;
    start(join(control_, state_));
}

void NbdDevice::start(FileDescriptor socket) {
    const auto name = device_name(state_.index);
    path_ = std::filesystem::path("/dev") / name;
    server_ = start_thread([this, held = std::move(socket)]() mutable { run(std::move(held)); });
    file_.write(write_state(state_));
    set_block_setting(name, "queue/io_timeout", look_again_after_ms, reporter_);
    device_node(name);
}

/// Serves until the device ends; a connection that breaks is replaced.
void NbdDevice::run(FileDescriptor socket) {
    for (;;) {
        try {
            if (serve_nbd(view_, socket.get(), threads_) == NbdEnd::disconnected || ending_) {
                return;
            }
            reporter_.notice(fmt::format("{} lost its connection", path_.native()));
        } catch (const std::exception& error) {
            reporter_.notice(fmt::format("{}: {}", path_.native(), error.what()));
        }
        try {
            socket = {};
            socket = join(control_, state_);
        } catch (const std::exception& error) {
            reporter_.notice(error.what());
            return;
        }
    }
}

} // namespace

std::optional<NbdControl> find_nbd() {
    auto control = NbdControl::open();
    if (!control) {
        load_module("nbd");
        control = NbdControl::open();
    }
    return control;
}

std::unique_ptr<Device> attach_nbd(
    NbdControl control, const Blob& image, const DeviceOptions& options, Reporter& reporter
) {
    auto file = take_state(options.runtime_directory);
    if (const auto left = read_state(file); left && still_ours(*left)) {
        control.disconnect(left->index);
    }
    file.write("");
    auto device = std::make_unique<NbdDevice>(
        DeviceView(image, reporter), options, reporter, std::move(control), std::move(file)
    );
    device->make(fmt::format("slipway:{}:{}", options.runtime_directory.native(), getpid()));
    return device;
}

std::unique_ptr<Device>
reattach_nbd(const Blob& image, const DeviceOptions& options, Reporter& reporter) {
    if (!std::filesystem::exists(state_path(options.runtime_directory))) {
        return nullptr;
    }
    auto file = take_state(options.runtime_directory);
    auto control = find_nbd();
    const auto state = read_state(file);
    if (!control || !state || !still_ours(*state)) {
        return nullptr;
    }
    const DeviceView view(image, reporter);
    if (view.size() != state->size) {
        throw Error(
            Fault::refused,
            fmt::format(
                "/dev/nbd{} shows {} bytes, this image has {}",
                state->index,
                state->size,
                view.size()
            )
        );
    }
    auto device =
        std::make_unique<NbdDevice>(view, options, reporter, std::move(*control), std::move(file));
    device->take_over(*state);
    return device;
}

void abandon_nbd(const std::filesystem::path& runtime_directory) {
    if (!std::filesystem::exists(state_path(runtime_directory))) {
        return;
    }
    auto file = take_state(runtime_directory);
    const auto state = read_state(file);
    auto control = NbdControl::open();
    if (state && control && still_ours(*state)) {
        control->disconnect(state->index);
    }
    file.write("");
}

} // namespace slipway::mount
