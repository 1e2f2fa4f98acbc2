#include "net/wire.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/error.h"

namespace slipway::net {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Waits for any of `events`; returns what came, 0 after `timeout`.
short wait_for(int socket, short events, milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        pollfd entry{socket, events, 0};
        const auto wait = static_cast<int>(std::max<milliseconds::rep>(0, left.count()));
        const int count = poll(&entry, 1, wait);
        if (count > 0) {
            return entry.revents;
        }
        if (count == 0 || errno != EINTR) {
            return 0;
        }
    }
}

/// The errno of a connection attempt; 0 if it succeeded.
int connect_within(const FileDescriptor& socket, const Address& address, milliseconds timeout) {
    if (::connect(socket.get(), address.get(), address.length) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        return errno;
    }
    if (wait_for(socket.get(), POLLOUT, timeout) == 0) {
        return ETIMEDOUT;
    }
    int reason = 0;
    socklen_t length = sizeof(reason);
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &reason, &length);
    return reason;
}

} // namespace

void Wire::throw_stalled(std::string_view what, milliseconds timeout) const {
    throw Error(Fault::unavailable, fmt::format("{}: {} for {} ms", name_, what, timeout.count()));
}

Wire Wire::connect(std::string name, const std::vector<Address>& addresses, milliseconds timeout) {
    int reason = EADDRNOTAVAIL;
    for (const auto& address : addresses) {
        const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
        FileDescriptor socket(::socket(address.family(), type, 0));
        if (!socket.is_open()) {
            reason = errno;
            continue;
        }
        reason = connect_within(socket, address, timeout);
        if (reason == 0) {
            const int on = 1;
            setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            return {std::move(socket), std::move(name)};
        }
    }
    auto error = Error(
        Fault::unavailable, fmt::format("{}: cannot connect: {}", name, std::strerror(reason))
    );
    if (reason == ECONNREFUSED) {
        throw std::move(error).hint("is the server running, and is this its port?");
    }
    throw std::move(error);
}

Wire& Wire::operator=(Wire&& other) noexcept {
    socket_ = std::move(other.socket_); // first: so that the old program sees the end
    program_ = std::move(other.program_);
    name_ = std::move(other.name_);
    return *this;
}

Wire Wire::run(std::string name, const std::vector<std::string>& words) {
    auto [program, socket] = Program::start(words);
    Wire wire(std::move(socket), std::move(name));
    wire.program_ = std::move(program);
    return wire;
}

bool Wire::is_stale() const {
    return wait_for(socket_.get(), POLLIN | POLLRDHUP, milliseconds(0)) != 0;
}

Wire::Sent Wire::send(ConstBytes head, ConstBytes body, milliseconds timeout) {
    while (!head.empty() || !body.empty()) {
        // sendmsg only reads, though its interface does not say so.
        std::array pieces = {
            iovec{const_cast<std::byte*>(head.data()), head.size()},
            iovec{const_cast<std::byte*>(body.data()), body.size()}};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        const auto count = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (count >= 0) {
            const auto from_head = std::min(static_cast<std::size_t>(count), head.size());
            head = head.subspan(from_head);
            body = body.subspan(static_cast<std::size_t>(count) - from_head);
        } else if (errno == EAGAIN) {
            const auto events = wait_for(socket_.get(), POLLOUT | POLLIN, timeout);
            if (events == 0) {
                throw_stalled("the server took nothing", timeout);
            }
            if ((events & POLLIN) != 0) {
                return Sent::cut_short;
            }
        } else if (errno != EINTR) {
            return Sent::cut_short;
        }
    }
    return Sent::all;
}

std::size_t Wire::receive(Bytes buffer, milliseconds timeout) {
    for (;;) {
        const auto count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (count >= 0) {
            return static_cast<std::size_t>(count);
        }
        if (errno == EAGAIN) {
            if (wait_for(socket_.get(), POLLIN, timeout) == 0) {
                throw_stalled("the server sent nothing", timeout);
            }
        } else if (errno != EINTR) {
            return 0;
        }
    }
}

} // namespace slipway::net
