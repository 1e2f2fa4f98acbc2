#include "mount/nbd_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/nbd-netlink.h>
#include <linux/nbd.h>

namespace slipway::mount {
namespace {

using testing::ElementsAre;

constexpr std::size_t headers_size = 20;
constexpr std::size_t command_at = 16;

std::vector<NetlinkAttribute> attributes_of(NetlinkMessage& message) {
    return parse_attributes(message.finish(1).subspan(headers_size));
}

std::vector<std::uint16_t> types_of(const std::vector<NetlinkAttribute>& attributes) {
    std::vector<std::uint16_t> types;
    for (const auto& attribute : attributes) {
        types.push_back(attribute.type);
    }
    return types;
}

const NbdSettings settings{5, 1U << 20U, 4096, "me"};

TEST(NbdConnect, SaysWhatTheDriverMustKnow) {
    auto message = nbd_connect_message(0x1c, settings);
    EXPECT_EQ(message.finish(1)[command_at], std::byte{NBD_CMD_CONNECT});
    const auto attributes = attributes_of(message);
    ASSERT_THAT(
        types_of(attributes),
        ElementsAre(
            NBD_ATTR_SIZE_BYTES,
            NBD_ATTR_BLOCK_SIZE_BYTES,
            NBD_ATTR_SERVER_FLAGS,
            NBD_ATTR_TIMEOUT,
            NBD_ATTR_DEAD_CONN_TIMEOUT,
            NBD_ATTR_BACKEND_IDENTIFIER,
            NBD_ATTR_SOCKETS
        )
    );
    EXPECT_EQ(load_u64(attributes[0].payload), 1U << 20U);
    EXPECT_EQ(load_u64(attributes[1].payload), 4096);
    EXPECT_EQ(load_u64(attributes[2].payload), NBD_FLAG_HAS_FLAGS | NBD_FLAG_READ_ONLY);
    EXPECT_EQ(load_u64(attributes[3].payload), 0)
        << "a read that waits for a network is never late";
    EXPECT_EQ(load_u64(attributes[4].payload), 86400);
}

TEST(NbdConnect, NestsTheSocketTwice) {
    auto message = nbd_connect_message(0x1c, settings);
    const auto sockets = parse_attributes(attributes_of(message).back().payload);
    ASSERT_THAT(types_of(sockets), ElementsAre(NBD_SOCK_ITEM));
    EXPECT_EQ(find_u32(parse_attributes(sockets[0].payload), NBD_SOCK_FD), 5);
}

TEST(NbdReconfigure, NamesTheDeviceAndNotItsSize) {
    auto message = nbd_reconfigure_message(0x1c, 3, settings);
    EXPECT_EQ(message.finish(1)[command_at], std::byte{NBD_CMD_RECONFIGURE});
    const auto attributes = attributes_of(message);
    EXPECT_EQ(find_u32(attributes, NBD_ATTR_INDEX), 3);
    EXPECT_THAT(types_of(attributes), testing::Not(testing::Contains(NBD_ATTR_SIZE_BYTES)));
}

TEST(NbdDisconnect, NamesTheDevice) {
    auto message = nbd_disconnect_message(0x1c, 3);
    EXPECT_EQ(message.finish(1)[command_at], std::byte{NBD_CMD_DISCONNECT});
    EXPECT_EQ(find_u32(attributes_of(message), NBD_ATTR_INDEX), 3);
}

} // namespace
} // namespace slipway::mount
