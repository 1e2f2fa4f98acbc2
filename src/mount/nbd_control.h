// The kernel's NBD driver: making, re-joining and ending its devices by netlink.
//
// Names and numbers: linux/nbd-netlink.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mount/netlink.h"

namespace slipway::mount {

/// A device to be made. `socket` is the kernel's end of a socket pair; the kernel keeps a
/// reference of its own to it.
struct NbdSettings {
    int socket = -1;
    std::uint64_t size = 0;
    std::uint32_t block_size = 0;
    std::string backend; ///< says whose device it is; only the same one may re-join (Linux 5.14)
};

/// The messages; `family` is the number that the kernel has given to "nbd".
///
/// The device has one connection and no time limit for a request: the driver cuts a connection with
/// a late request if it has a limit or several connections, and a read that waits for a network
/// must not be late. Without a connection it holds requests back for a day.
NetlinkMessage nbd_connect_message(std::uint16_t family, const NbdSettings& settings);
NetlinkMessage
nbd_reconfigure_message(std::uint16_t family, std::uint32_t index, const NbdSettings& settings);
NetlinkMessage nbd_disconnect_message(std::uint16_t family, std::uint32_t index);

/// The driver. One thread at a time.
class NbdControl {
public:
    /// Nothing if the kernel has no NBD driver loaded.
    static std::optional<NbdControl> open();

    /// Makes a device; returns its index. Throws refused without the right, unavailable.
    std::uint32_t connect(const NbdSettings& settings);

    /// Gives `index` the socket in place of its dead one. The driver says nothing if the old
    /// connection was not dead yet: it has then dropped the socket at once.
    void reconfigure(std::uint32_t index, const NbdSettings& settings);

    /// Ends the device; requests under way fail. Without effect on one that has ended.
    void disconnect(std::uint32_t index);

private:
    NbdControl(NetlinkSocket socket, std::uint16_t family)
        : socket_(std::move(socket)), family_(family) {}

    NetlinkSocket socket_;
    std::uint16_t family_;
};

} // namespace slipway::mount
