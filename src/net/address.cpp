#include "net/address.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/error.h"

namespace slipway::net {

namespace {

template <typename SocketAddress>
Address make_address(const SocketAddress& from) {
    Address address;
    std::memcpy(&address.storage, &from, sizeof(from));
    address.length = sizeof(from);
    return address;
}

std::optional<Address> numeric_v4(const std::string& host, std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) {
        return std::nullopt;
    }
    return make_address(v4);
}

std::optional<Address> numeric_v6(const std::string& host, std::uint16_t port) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const auto zone = std::min(host.find('%'), host.size());
    if (inet_pton(AF_INET6, host.substr(0, zone).c_str(), &v6.sin6_addr) != 1) {
        return std::nullopt;
    }
    if (zone < host.size()) {
        v6.sin6_scope_id = if_nametoindex(host.substr(zone + 1).c_str());
        if (v6.sin6_scope_id == 0) {
            throw Error(Fault::unavailable, fmt::format("{}: no such network interface", host));
        }
    }
    return make_address(v6);
}

std::vector<Address> look_up(const std::string& host, std::uint16_t port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (code != 0) {
        throw Error(
            Fault::unavailable, fmt::format("cannot resolve {}: {}", host, gai_strerror(code))
        );
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    std::vector<Address> addresses;
    for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
        Address address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        addresses.push_back(address);
    }
    return addresses;
}

} // namespace

const sockaddr* Address::get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof(v4));
        return inet_ntop(AF_INET, &v4.sin_addr, buffer.data(), buffer.size());
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof(v6));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        return inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], buffer.data(), buffer.size());
    }
    return inet_ntop(AF_INET6, &v6.sin6_addr, buffer.data(), buffer.size());
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port) {
    if (const auto v4 = numeric_v4(host, port)) {
        return {*v4};
    }
    if (const auto v6 = numeric_v6(host, port)) {
        return {*v6};
    }
    return look_up(host, port);
}

} // namespace slipway::net
