// Generic netlink: building messages, reading answers, and the socket to the kernel.
//
// Layout: linux/netlink.h and linux/genetlink.h. Integers have the machine's own byte order,
// everything is padded to 4 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace slipway::mount {

/// One request, built attribute by attribute.
class NetlinkMessage {
public:
    NetlinkMessage(std::uint16_t family, std::uint8_t command, std::uint8_t version);

    void u32(std::uint16_t attribute, std::uint32_t value);
    void u64(std::uint16_t attribute, std::uint64_t value);

    /// A text with its NUL.
    void text(std::uint16_t attribute, std::string_view value);

    /// Begins an attribute that holds the ones that follow, up to end(what this returned).
    std::size_t begin(std::uint16_t attribute);
    void end(std::size_t begun);

    /// The whole message, asking for an acknowledgement that carries `sequence`.
    ConstBytes finish(std::uint32_t sequence);

private:
    void append(std::uint16_t attribute, ConstBytes payload);

    Buffer bytes_;
};

struct NetlinkAttribute {
    std::uint16_t type = 0; ///< without the flags for nesting and byte order
    ConstBytes payload;
};

/// The attributes in `bytes`, seen in place. Throws Fault::corrupt.
std::vector<NetlinkAttribute> parse_attributes(ConstBytes bytes);

/// The integer in the attribute `type`; nothing if there is none or it has another size.
std::optional<std::uint32_t>
find_u32(const std::vector<NetlinkAttribute>& list, std::uint16_t type);
std::optional<std::uint16_t>
find_u16(const std::vector<NetlinkAttribute>& list, std::uint16_t type);

/// One message from the kernel: an acknowledgement with a status, or data.
struct NetlinkAnswer {
    std::uint32_t sequence = 0;
    std::optional<int> status; ///< of an acknowledgement: 0 or an errno
    ConstBytes attributes;     ///< of data
};

/// The messages in one datagram, seen in place. Throws Fault::corrupt.
std::vector<NetlinkAnswer> parse_answers(ConstBytes datagram);

/// A socket to the kernel. One thread at a time.
class NetlinkSocket {
public:
    NetlinkSocket();

    /// The number of the family called `name`; nothing if the kernel does not have it.
    std::optional<std::uint16_t> family(std::string_view name);

    struct Result {
        int status = 0;    ///< 0 or an errno
        Buffer attributes; ///< of the last data message before the acknowledgement
    };

    /// Sends `message` and waits until the kernel has done it.
    Result ask(NetlinkMessage message);

private:
    FileDescriptor socket_;
    std::uint32_t sequence_ = 0;
};

} // namespace slipway::mount
