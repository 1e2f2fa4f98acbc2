#include "mount/netlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/genetlink.h>

#include "base/error.h"

namespace slipway::mount {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

Buffer bytes_of(std::initializer_list<unsigned> values) {
    Buffer bytes;
    for (const auto value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

TEST(NetlinkMessage, HasTheKernelsLayout) {
    NetlinkMessage message(0x1234, 5, 1);
    message.text(2, "nbd");
    message.u32(1, 0xAABBCCDD);
    EXPECT_THAT(
        message.finish(7),
        ElementsAreArray(bytes_of({
            36, 0, 0, 0, 0x34, 0x12, 5,    0,
            7,  0, 0, 0, 0,    0,    0,    0, // length, family, REQUEST|ACK
            5,  1, 0, 0,                      // command, version
            8,  0, 2, 0, 'n',  'b',  'd',  0, //
            8,  0, 1, 0, 0xDD, 0xCC, 0xBB, 0xAA,
        }))
    );
}

TEST(NetlinkMessage, PadsWhatIsNotAMultipleOfFour) {
    NetlinkMessage message(1, 1, 1);
    message.text(2, "nb");
    EXPECT_EQ(message.finish(1).size(), 28);
    EXPECT_EQ(message.finish(1)[20], std::byte{7}); // the length counts no padding
}

TEST(NetlinkMessage, NestsAttributes) {
    NetlinkMessage message(1, 1, 1);
    const auto outer = message.begin(7);
    message.u32(1, 42);
    message.end(outer);
    const auto attributes = parse_attributes(message.finish(1).subspan(20));
    ASSERT_EQ(attributes.size(), 1);
    EXPECT_EQ(attributes[0].type, 7);
    EXPECT_EQ(find_u32(parse_attributes(attributes[0].payload), 1), 42);
}

TEST(NetlinkAttributes, AreRefusedWhenTheyReachPastTheEnd) {
    EXPECT_THROW(parse_attributes(bytes_of({9, 0, 1, 0, 1, 2, 3, 4})), Error);
    EXPECT_THROW(parse_attributes(bytes_of({3, 0, 1, 0})), Error);
    EXPECT_THROW(parse_attributes(bytes_of({4, 0})), Error);
}

TEST(NetlinkAnswers, TellTheStatusOfAnAcknowledgement) {
    const auto datagram =
        bytes_of({36,   0,    0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xEA, 0xFF,
                  0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0});
    const auto answers = parse_answers(datagram);
    ASSERT_EQ(answers.size(), 1);
    EXPECT_EQ(answers[0].sequence, 9);
    EXPECT_EQ(answers[0].status, EINVAL);
}

TEST(NetlinkSocket, FindsAFamilyThatEveryKernelHas) {
    EXPECT_EQ(NetlinkSocket().family("nlctrl"), GENL_ID_CTRL);
}

TEST(NetlinkSocket, FindsNoFamilyThatNobodyHas) {
    EXPECT_EQ(NetlinkSocket().family("slipway-none"), std::nullopt);
}

} // namespace
} // namespace slipway::mount
