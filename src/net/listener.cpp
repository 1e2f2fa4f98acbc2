#include "net/listener.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>

#include "net/address.h"

namespace slipway::net {

namespace {

std::uint16_t port_in(const sockaddr_storage& storage) {
    // Both families keep the port at the same place.
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    return ntohs(address.sin_port);
}

void set_option(const FileDescriptor& socket, int level, int option, int value) {
    setsockopt(socket.get(), level, option, &value, sizeof(value));
}

FileDescriptor listen_at(const Address& address, bool both_families) {
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    FileDescriptor socket(::socket(address.family(), type, 0));
    if (!socket.is_open()) {
        return socket;
    }
    set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.family() == AF_INET6) {
        set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1);
    }
    if (bind(socket.get(), address.get(), address.length) != 0 ||
        listen(socket.get(), SOMAXCONN) != 0) {
        const int reason = errno;
        socket = FileDescriptor();
        errno = reason;
    }
    return socket;
}

[[noreturn]] void throw_cannot_listen(int code, const std::string& host, std::uint16_t port) {
    auto error = Error(
        code == EACCES || code == EPERM ? Fault::refused : Fault::unavailable,
        fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(code))
    );
    if (code == EADDRINUSE) {
        throw std::move(error).hint("another program uses this port: stop it or choose another");
    }
    if (code == EACCES) {
        throw std::move(error).hint("ports below 1024 need root: choose another");
    }
    throw std::move(error);
}

/// Every address of the machine: by one IPv6 socket, or IPv4 alone where there is no IPv6.
std::vector<FileDescriptor> listen_everywhere(std::uint16_t port) {
    std::vector<FileDescriptor> sockets;
    sockets.push_back(listen_at(resolve("::", port).front(), true));
    if (!sockets.front().is_open() && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        sockets.front() = listen_at(resolve("0.0.0.0", port).front(), false);
    }
    if (!sockets.front().is_open()) {
        throw_cannot_listen(errno, "every address", port);
    }
    return sockets;
}

} // namespace

std::uint16_t port_of(const FileDescriptor& socket) {
    Address address;
    address.length = sizeof(address.storage);
    if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length) !=
        0) {
        throw_errno("reading a socket's address");
    }
    return port_in(address.storage);
}

std::vector<FileDescriptor> listen_on(const std::string& host, std::uint16_t port) {
    if (host.empty() || host == "::") {
        return listen_everywhere(port);
    }
    std::vector<FileDescriptor> sockets;
    int reason = 0;
    for (const auto& address : resolve(host, port)) {
        // A name may have an address of a family this machine does not speak.
        if (auto socket = listen_at(address, false); socket.is_open()) {
            sockets.push_back(std::move(socket));
        } else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
            throw_cannot_listen(errno, host, port);
        } else {
            reason = errno;
        }
        if (port == 0 && !sockets.empty()) {
            break;
        }
    }
    if (sockets.empty()) {
        throw_cannot_listen(reason, host, port);
    }
    return sockets;
}

} // namespace slipway::net
