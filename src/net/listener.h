// Sockets that listen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace slipway::net {

/// A socket for every address of `host`, non-blocking, all on one port; "" and "::" mean every
/// address of the machine, IPv4 and IPv6. Port 0: any free one. Throws Fault::unavailable or
/// refused.
std::vector<FileDescriptor> listen_on(const std::string& host, std::uint16_t port);

/// The port a socket is bound to.
std::uint16_t port_of(const FileDescriptor& socket);

} // namespace slipway::net
