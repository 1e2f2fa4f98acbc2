#include "mount/nbd_control.h"

#include <cerrno>

#include <fmt/format.h>
#include <linux/nbd-netlink.h>
#include <linux/nbd.h>

#include "base/error.h"

namespace slipway::mount {

namespace {

constexpr std::uint64_t no_limit = 0;
constexpr std::uint64_t wait_for_connection_s = 24ULL * 60 * 60;

/// Attributes that name the server's side, for making a device and for re-joining it.
void append_server(NetlinkMessage& message, const NbdSettings& settings) {
    message.u64(NBD_ATTR_TIMEOUT, no_limit);
    message.u64(NBD_ATTR_DEAD_CONN_TIMEOUT, wait_for_connection_s);
    message.text(NBD_ATTR_BACKEND_IDENTIFIER, settings.backend);
    const auto sockets = message.begin(NBD_ATTR_SOCKETS);
    const auto item = message.begin(NBD_SOCK_ITEM);
    message.u32(NBD_SOCK_FD, static_cast<std::uint32_t>(settings.socket));
    message.end(item);
    message.end(sockets);
}

void check(int status, std::string_view action) {
    if (status != 0) {
        throw system_error(status, action);
    }
}

} // namespace

NetlinkMessage nbd_connect_message(std::uint16_t family, const NbdSettings& settings) {
    NetlinkMessage message(family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
    message.u64(NBD_ATTR_SIZE_BYTES, settings.size);
    message.u64(NBD_ATTR_BLOCK_SIZE_BYTES, settings.block_size);
    message.u64(NBD_ATTR_SERVER_FLAGS, NBD_FLAG_HAS_FLAGS | NBD_FLAG_READ_ONLY);
    append_server(message, settings);
    return message;
}

NetlinkMessage
nbd_reconfigure_message(std::uint16_t family, std::uint32_t index, const NbdSettings& settings) {
    NetlinkMessage message(family, NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
    message.u32(NBD_ATTR_INDEX, index);
    append_server(message, settings);
    return message;
}

NetlinkMessage nbd_disconnect_message(std::uint16_t family, std::uint32_t index) {
    NetlinkMessage message(family, NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
    message.u32(NBD_ATTR_INDEX, index);
    return message;
}

std::optional<NbdControl> NbdControl::open() {
    NetlinkSocket socket;
    const auto family = socket.family(NBD_GENL_FAMILY_NAME);
    if (!family) {
        return {};
    }
    return NbdControl(std::move(socket), *family);
}

std::uint32_t NbdControl::connect(const NbdSettings& settings) {
    const auto result = socket_.ask(nbd_connect_message(family_, settings));
    check(result.status, "cannot make an NBD device");
    const auto index = find_u32(parse_attributes(result.attributes), NBD_ATTR_INDEX);
    if (!index) {
        throw Error(Fault::internal, "the kernel made an NBD device and did not name it");
    }
    return *index;
}

void NbdControl::reconfigure(std::uint32_t index, const NbdSettings& settings) {
    const auto result = socket_.ask(nbd_reconfigure_message(family_, index, settings));
    check(result.status, fmt::format("cannot re-join /dev/nbd{}", index));
}

void NbdControl::disconnect(std::uint32_t index) {
    const auto status = socket_.ask(nbd_disconnect_message(family_, index)).status;
    if (status != EINVAL) { // what the driver says of a device that has ended
        check(status, fmt::format("cannot end /dev/nbd{}", index));
    }
}

} // namespace slipway::mount
