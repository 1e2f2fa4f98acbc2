// Internet addresses: from text, to text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace slipway::net {

/// A socket address of either family.
struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    int family() const { return storage.ss_family; }

    const sockaddr* get() const;

    /// The numeric address without the port; an IPv4 address mapped into IPv6 as IPv4.
    std::string text() const;
};

/// The addresses of `host`, at least one. A numeric address (IPv6 with a "%zone" too) is never
/// looked up; a name is, by getaddrinfo. Throws Fault::unavailable.
std::vector<Address> resolve(const std::string& host, std::uint16_t port);

} // namespace slipway::net
