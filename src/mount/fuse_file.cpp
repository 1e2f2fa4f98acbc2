#include "mount/fuse_file.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#define FUSE_USE_VERSION 312
#include <fcntl.h>
#include <fmt/format.h>
#include <fuse_lowlevel.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/kernel.h"
#include "mount/threads.h"

namespace slipway::mount {

namespace {

constexpr const char* file_name = "image";
constexpr fuse_ino_t file_inode = 2;
constexpr double for_ever_s = 1e9;
constexpr unsigned longest_read = 128U << 10U;
constexpr unsigned most_in_background = 64;

const DeviceView& view_of(fuse_req_t request) {
    return *static_cast<const DeviceView*>(fuse_req_userdata(request));
}

struct stat status_of(fuse_ino_t inode, const DeviceView& view) {
    struct stat status = {};
    status.st_ino = inode;
    if (inode == FUSE_ROOT_ID) {
        status.st_mode = S_IFDIR | 0500;
        status.st_nlink = 2;
    } else {
        status.st_mode = S_IFREG | 0400;
        status.st_nlink = 1;
        status.st_size = static_cast<off_t>(view.size());
    }
    return status;
}

void on_init(void* /*view*/, fuse_conn_info* connection) {
    connection->want &= ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ);
    connection->max_write = longest_read; // bounds the pages of a request, so reads too
    connection->max_background = most_in_background;
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
    if (parent != FUSE_ROOT_ID || std::strcmp(name, file_name) != 0) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    fuse_entry_param entry = {};
    entry.ino = file_inode;
    entry.attr = status_of(file_inode, view_of(request));
    entry.attr_timeout = for_ever_s;
    entry.entry_timeout = for_ever_s;
    fuse_reply_entry(request, &entry);
}

void on_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info* /*file*/) {
    const auto status = status_of(inode, view_of(request));
    fuse_reply_attr(request, &status, for_ever_s);
}

/// The loop device caches what it reads: FUSE must not keep it a second time.
void on_open(fuse_req_t request, fuse_ino_t /*inode*/, fuse_file_info* file) {
    file->direct_io = 1;
    fuse_reply_open(request, file);
}

void on_read(
    fuse_req_t request,
    fuse_ino_t /*inode*/,
    std::size_t size,
    off_t offset,
    fuse_file_info* /*file*/
) {
    thread_local Buffer buffer(longest_read);
    const auto& view = view_of(request);
    const auto begin = std::min(static_cast<std::uint64_t>(offset), view.size());
    const auto length = std::min<std::uint64_t>(size, view.size() - begin);
    buffer.resize(std::max<std::size_t>(buffer.size(), length));
    const auto data = Bytes(buffer).first(length);
    if (view.read(begin, data)) {
        fuse_reply_buf(request, reinterpret_cast<const char*>(data.data()), data.size());
    } else {
        fuse_reply_err(request, EIO);
    }
}

fuse_lowlevel_ops operations() {
    fuse_lowlevel_ops table = {};
    table.init = on_init;
    table.lookup = on_lookup;
    table.getattr = on_getattr;
    table.open = on_open;
    table.read = on_read;
    return table;
}

/// Throws an Error with what is missing if the kernel has no FUSE.
void require_fuse() {
    if (access("/dev/fuse", F_OK) != 0) {
        load_module("fuse");
    }
    const FileDescriptor device(open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (!device.is_open()) {
        throw Error(
            Fault::unavailable, fmt::format("cannot open /dev/fuse: {}", std::strerror(errno))
        )
            .hint("load the kernel's module: modprobe fuse");
    }
}

fuse_session* make_session(const DeviceView& view) {
    std::array<std::string, 3> texts = {"slipway", "-o", "ro,noexec,fsname=slipway"};
    std::array<char*, 3> pointers = {texts[0].data(), texts[1].data(), texts[2].data()};
    fuse_args arguments = {static_cast<int>(pointers.size()), pointers.data(), 0};
    const auto table = operations();
    auto* const userdata = const_cast<DeviceView*>(&view); // the C interface has no const
    auto* const session = fuse_session_new(&arguments, &table, sizeof(table), userdata);
    fuse_opt_free_args(&arguments);
    if (session == nullptr) {
        throw Error(Fault::internal, "libfuse refuses its settings");
    }
    return session;
}

/// A request's memory, which libfuse allocates.
struct RequestBuffer {
    fuse_buf buf = {};
    RequestBuffer() = default;
    RequestBuffer(const RequestBuffer&) = delete;
    RequestBuffer& operator=(const RequestBuffer&) = delete;

    ~RequestBuffer() { std::free(buf.mem); }
};

/// Answers one request; false if the filesystem is gone.
bool answer_one(fuse_session* session, RequestBuffer& buffer) {
    const auto count = fuse_session_receive_buf(session, &buffer.buf);
    if (count > 0) {
        fuse_session_process_buf(session, &buffer.buf);
    }
    return count > 0 || count == -EINTR;
}

} // namespace

struct FuseFile::State {
    State(const DeviceView& image_view, std::filesystem::path at)
        : view(image_view), directory(std::move(at)), session(make_session(view)) {}

    ~State() {
        if (mounted) {
            umount2(directory.c_str(), MNT_FORCE | MNT_DETACH); // ends the threads' reading
        }
        threads.clear();
        if (mounted) {
            fuse_session_unmount(session);
        }
        fuse_session_destroy(session);
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    DeviceView view;
    std::filesystem::path directory;
    fuse_session* session;
    bool mounted = false;
    std::vector<std::jthread> threads;
};

FuseFile::FuseFile(
    const DeviceView& view, const std::filesystem::path& directory, std::size_t threads
) {
    require_fuse();
    std::filesystem::create_directories(directory);
    state_ = std::make_unique<State>(view, directory);
    if (fuse_session_mount(state_->session, directory.c_str()) != 0) {
        throw Error(Fault::unavailable, fmt::format("cannot mount FUSE at {}", directory.native()));
    }
    state_->mounted = true;
    RequestBuffer first;
    answer_one(state_->session, first); // the handshake settles the size of the others' buffers
    for (std::size_t i = 0; i < threads; ++i) {
        state_->threads.push_back(start_thread([session = state_->session] {
            RequestBuffer buffer;
            while (answer_one(session, buffer)) {
            }
        }));
    }
}

FuseFile::~FuseFile() = default;

std::filesystem::path FuseFile::path() const {
    return state_->directory / file_name;
}

} // namespace slipway::mount
