#include "mount/nbd_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <linux/nbd.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/threads.h"

namespace slipway::mount {

namespace {

constexpr std::size_t usual_read = 128U << 10U;

std::uint64_t load_big_u64(ConstBytes at) {
    return __builtin_bswap64(load_u64(at));
}

std::uint32_t load_big_u32(ConstBytes at) {
    return __builtin_bswap32(load_u32(at));
}

/// One socket and the threads that answer it.
class Connection {
public:
    Connection(const DeviceView& view, int socket) : view_(view), socket_(socket) {}

    NbdEnd serve(std::size_t threads);

private:
    void work();
    std::optional<NbdRequest> next_request();
    std::uint32_t perform(const NbdRequest& request, Buffer& buffer);
    void reply(Bytes whole);
    bool receive(Bytes buffer);
    bool skip(std::uint32_t length);
    void fail();

    const DeviceView& view_;
    int socket_;
    std::mutex reading_; // guards ended_ and the order of bytes from the socket
    std::mutex writing_; // replies go out whole
    std::optional<NbdEnd> ended_;
    std::mutex failing_;
    std::exception_ptr failure_;
};

NbdEnd Connection::serve(std::size_t threads) {
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) {
            others.push_back(start_thread([this] { work(); }));
        }
        work();
    }
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    return ended_.value_or(NbdEnd::lost);
}

void Connection::work() {
    try {
        Buffer buffer(nbd_reply_size + usual_read);
        while (const auto request = next_request()) {
            const auto error = perform(*request, buffer);
            write_nbd_reply(buffer, request->handle, error);
            const auto has_data = error == 0 && request->command == NBD_CMD_READ;
            reply(Bytes(buffer).first(nbd_reply_size + (has_data ? request->length : 0)));
        }
    } catch (...) {
        fail();
    }
}

/// Waits for a request; nothing when the connection is over.
std::optional<NbdRequest> Connection::next_request() {
    const std::scoped_lock held(reading_);
    if (ended_) {
        return {};
    }
    std::array<std::byte, nbd_request_size> bytes;
    if (!receive(bytes)) {
        ended_ = NbdEnd::lost;
        return {};
    }
    ended_ = NbdEnd::lost; // what follows bytes that are no request cannot be trusted
    const auto request = parse_nbd_request(bytes);
    if (request.command == NBD_CMD_DISC) {
        ended_ = NbdEnd::disconnected;
        return {};
    }
    if (request.command == NBD_CMD_WRITE && !skip(request.length)) {
        return {};
    }
    ended_.reset();
    return request;
}

/// Does what `request` asks, a read's bytes behind the room for the reply's header; returns an
/// errno.
std::uint32_t Connection::perform(const NbdRequest& request, Buffer& buffer) {
    switch (request.command) {
    case NBD_CMD_READ:
        break;
    case NBD_CMD_FLUSH:
        return 0;
    case NBD_CMD_WRITE:
    case NBD_CMD_TRIM:
        return EPERM;
    default:
        return EINVAL;
    }
    if (request.length > nbd_longest_read || !view_.contains(request.offset, request.length)) {
        return EINVAL;
    }
    buffer.resize(std::max(buffer.size(), nbd_reply_size + request.length));
    const auto data = Bytes(buffer).subspan(nbd_reply_size, request.length);
    return view_.read(request.offset, data) ? 0 : EIO;
}

/// Sends all of `whole`. A socket that has closed is noticed by whoever reads it.
void Connection::reply(Bytes whole) {
    const std::scoped_lock held(writing_);
    while (!whole.empty()) {
        const auto count = send(socket_, whole.data(), whole.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            whole = whole.subspan(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            shutdown(socket_, SHUT_RDWR);
            return;
        }
    }
}

/// Fills `buffer`; false if the socket closed before.
bool Connection::receive(Bytes buffer) {
    while (!buffer.empty()) {
        const auto count = recv(socket_, buffer.data(), buffer.size(), MSG_WAITALL);
        if (count > 0) {
            buffer = buffer.subspan(static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/// Reads past the bytes of a write.
bool Connection::skip(std::uint32_t length) {
    std::array<std::byte, 4096> waste;
    while (length > 0) {
        const auto step = std::min<std::size_t>(length, waste.size());
        if (!receive(Bytes(waste).first(step))) {
            return false;
        }
        length -= static_cast<std::uint32_t>(step);
    }
    return true;
}

/// Ends the connection because of the error being handled; the first one is kept.
void Connection::fail() {
    shutdown(socket_, SHUT_RDWR);
    const std::scoped_lock held(failing_);
    if (!failure_) {
        failure_ = std::current_exception();
    }
}

} // namespace

NbdRequest parse_nbd_request(ConstBytes bytes) {
    if (bytes.size() != nbd_request_size || load_big_u32(bytes) != NBD_REQUEST_MAGIC) {
        throw Error(Fault::corrupt, "what came over the NBD socket is not a request");
    }
    const auto type = load_big_u32(bytes.subspan(4));
    NbdRequest request;
    request.command = static_cast<std::uint16_t>(type & 0xFFFFU); // the upper half holds flags
    request.handle = load_big_u64(bytes.subspan(8));
    request.offset = load_big_u64(bytes.subspan(16));
    request.length = load_big_u32(bytes.subspan(24));
    return request;
}

void write_nbd_reply(Bytes at, std::uint64_t handle, std::uint32_t error) {
    store_u32(at, __builtin_bswap32(NBD_REPLY_MAGIC));
    store_u32(at.subspan(4), __builtin_bswap32(error));
    store_u64(at.subspan(8), __builtin_bswap64(handle));
}

NbdEnd serve_nbd(const DeviceView& view, int socket, std::size_t threads) {
    return Connection(view, socket).serve(threads);
}

} // namespace slipway::mount
