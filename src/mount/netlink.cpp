#include "mount/netlink.h"

#include <cerrno>
#include <cstring>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "base/error.h"

namespace slipway::mount {

namespace {

constexpr std::size_t alignment = 4;
constexpr std::size_t header_size = sizeof(nlmsghdr);
constexpr std::size_t attribute_header_size = sizeof(nlattr);

constexpr std::size_t aligned(std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
}

template <typename Value>
ConstBytes bytes_of(const Value& value) {
    return std::as_bytes(std::span(&value, 1));
}

template <typename Value>
void store(Buffer& buffer, std::size_t at, const Value& value) {
    std::memcpy(buffer.data() + at, &value, sizeof(value));
}

/// The structure at the start of `bytes`; they must be long enough.
template <typename Value>
Value load(ConstBytes bytes) {
    if (bytes.size() < sizeof(Value)) {
        throw Error(Fault::corrupt, "a netlink message is cut short");
    }
    Value value;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

template <typename Value>
std::optional<Value> find(const std::vector<NetlinkAttribute>& list, std::uint16_t type) {
    for (const auto& attribute : list) {
        if (attribute.type == type && attribute.payload.size() == sizeof(Value)) {
            return load<Value>(attribute.payload);
        }
    }
    return {};
}

/// The first `length` bytes of `rest`, which then starts behind them and their padding.
ConstBytes take(ConstBytes& rest, std::size_t length, std::size_t smallest) {
    if (length < smallest || length > rest.size()) {
        throw Error(Fault::corrupt, "a netlink message has an impossible length");
    }
    const auto taken = rest.first(length);
    rest = rest.subspan(std::min(aligned(length), rest.size()));
    return taken;
}

} // namespace

NetlinkMessage::NetlinkMessage(std::uint16_t family, std::uint8_t command, std::uint8_t version) {
    nlmsghdr header = {};
    header.nlmsg_type = family;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    genlmsghdr generic = {};
    generic.cmd = command;
    generic.version = version;
    bytes_.resize(header_size + sizeof(generic));
    store(bytes_, 0, header);
    store(bytes_, header_size, generic);
}

void NetlinkMessage::append(std::uint16_t attribute, ConstBytes payload) {
    const auto at = begin(attribute);
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    end(at);
}

void NetlinkMessage::u32(std::uint16_t attribute, std::uint32_t value) {
    append(attribute, bytes_of(value));
}

void NetlinkMessage::u64(std::uint16_t attribute, std::uint64_t value) {
    append(attribute, bytes_of(value));
}

void NetlinkMessage::text(std::uint16_t attribute, std::string_view value) {
    Buffer payload = to_buffer(as_bytes(value));
    payload.push_back(std::byte{0});
    append(attribute, payload);
}

std::size_t NetlinkMessage::begin(std::uint16_t attribute) {
    const auto at = bytes_.size();
    bytes_.resize(at + attribute_header_size);
    nlattr header = {};
    header.nla_type = attribute;
    store(bytes_, at, header);
    return at;
}

void NetlinkMessage::end(std::size_t begun) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - begun);
    store(bytes_, begun, length);
    bytes_.resize(aligned(bytes_.size()));
}

ConstBytes NetlinkMessage::finish(std::uint32_t sequence) {
    auto header = load<nlmsghdr>(bytes_);
    header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    header.nlmsg_seq = sequence;
    store(bytes_, 0, header);
    return bytes_;
}

std::vector<NetlinkAttribute> parse_attributes(ConstBytes bytes) {
    std::vector<NetlinkAttribute> attributes;
    while (!bytes.empty()) {
        const auto header = load<nlattr>(bytes);
        const auto whole = take(bytes, header.nla_len, attribute_header_size);
        const auto type = static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK);
        attributes.push_back({type, whole.subspan(attribute_header_size)});
    }
    return attributes;
}

std::optional<std::uint32_t>
find_u32(const std::vector<NetlinkAttribute>& list, std::uint16_t type) {
    return find<std::uint32_t>(list, type);
}

std::optional<std::uint16_t>
find_u16(const std::vector<NetlinkAttribute>& list, std::uint16_t type) {
    return find<std::uint16_t>(list, type);
}

std::vector<NetlinkAnswer> parse_answers(ConstBytes datagram) {
    std::vector<NetlinkAnswer> answers;
    while (!datagram.empty()) {
        const auto header = load<nlmsghdr>(datagram);
        const auto body = take(datagram, header.nlmsg_len, header_size).subspan(header_size);
        NetlinkAnswer answer{header.nlmsg_seq, {}, {}};
        if (header.nlmsg_type == NLMSG_ERROR) {
            answer.status = static_cast<int>(0U - load<std::uint32_t>(body));
        } else if (header.nlmsg_type >= NLMSG_MIN_TYPE) {
            load<genlmsghdr>(body);
            answer.attributes = body.subspan(sizeof(genlmsghdr));
        }
        answers.push_back(answer);
    }
    return answers;
}

NetlinkSocket::NetlinkSocket()
    : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)) {
    if (!socket_.is_open()) {
        throw_errno("cannot open a netlink socket");
    }
}

std::optional<std::uint16_t> NetlinkSocket::family(std::string_view name) {
    NetlinkMessage message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    message.text(CTRL_ATTR_FAMILY_NAME, name);
    const auto result = ask(std::move(message));
    if (result.status == ENOENT) {
        return {};
    }
    if (result.status != 0) {
        throw system_error(result.status, "cannot ask the kernel for a netlink family");
    }
    return find_u16(parse_attributes(result.attributes), CTRL_ATTR_FAMILY_ID);
}

NetlinkSocket::Result NetlinkSocket::ask(NetlinkMessage message) {
    const auto request = message.finish(++sequence_);
    if (send(socket_.get(), request.data(), request.size(), 0) < 0) {
        throw_errno("cannot send a netlink message");
    }
    Result result;
    Buffer datagram(64U << 10U);
    for (;;) {
        const auto count = recv(socket_.get(), datagram.data(), datagram.size(), 0);
        if (count < 0 && errno != EINTR) {
            throw_errno("cannot receive a netlink message");
        }
        const auto size = count < 0 ? 0 : static_cast<std::size_t>(count);
        for (const auto& answer : parse_answers(ConstBytes(datagram).first(size))) {
            if (answer.sequence != sequence_) {
                continue;
            }
            if (answer.status) {
                result.status = *answer.status;
                return result;
            }
            result.attributes = to_buffer(answer.attributes);
        }
    }
}

} // namespace slipway::mount
