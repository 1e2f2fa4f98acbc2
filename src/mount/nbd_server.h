// The server's side of the NBD transmission protocol, read-only, with simple replies.
//
// Source: doc/proto.md of the NBD project, "Transmission phase"; linux/nbd.h. Big-endian.
#pragma once

#include <cstdint>
#include <optional>

#include "mount/device_view.h"

namespace slipway::mount {

constexpr std::size_t nbd_request_size = 28;
constexpr std::size_t nbd_reply_size = 16;

/// The longest read that is answered; the kernel asks for 128 KiB unless told otherwise.
constexpr std::uint32_t nbd_longest_read = 32U << 20U;

struct NbdRequest {
    std::uint16_t command = 0;
    std::uint64_t handle = 0; ///< opaque, comes back in the reply
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    friend bool operator==(const NbdRequest&, const NbdRequest&) = default;
};

/// The request in exactly nbd_request_size bytes. Throws Fault::corrupt if they are none.
NbdRequest parse_nbd_request(ConstBytes bytes);

/// Writes the reply's header into the first nbd_reply_size bytes of `at`; `error` is 0 or an errno.
void write_nbd_reply(Bytes at, std::uint64_t handle, std::uint32_t error);

/// How a connection ended.
enum class NbdEnd {
    disconnected, ///< the kernel said that it is over
    lost,         ///< the socket closed without a word
};

/// Answers the requests that come from `socket` on `threads` threads, each request as soon as its
/// bytes are there, until the connection ends. A read that fails is answered with an I/O error.
/// Throws Fault::corrupt for bytes that are not requests; the socket is then shut down.
NbdEnd serve_nbd(const DeviceView& view, int socket, std::size_t threads);

} // namespace slipway::mount
