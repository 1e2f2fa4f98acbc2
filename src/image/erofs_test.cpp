#include "image/erofs.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "image/crc32c.h"

namespace slipway::image {
namespace {

TEST(Crc32c, GivesThePublishedCheckValue) {
    EXPECT_EQ(~crc32c(as_bytes("123456789")), 0xE3069283U);
}

TEST(Erofs, EncodesDevicesAsTheKernelDoes) { // rule 13
    EXPECT_EQ(erofs::encode_device(1, 3), 0x103U);
    EXPECT_EQ(erofs::encode_device(8, 0x12345), 0x12300845U);
    EXPECT_EQ(erofs::encode_device(0xFFF, 0xFFFFF), 0xFFFFFFFFU);
}

TEST(Erofs, SealsEverythingAfterTheFirstKibibyte) { // rule 5
    Buffer block(erofs::block_bytes);
    erofs::write(Bytes(block).subspan(erofs::superblock_offset), erofs::Superblock{});
    erofs::seal(block);
    const auto sealed = load_u32(ConstBytes(block).subspan(erofs::superblock_offset + 4));
    block[0] = std::byte{1};
    erofs::seal(block);
    EXPECT_EQ(load_u32(ConstBytes(block).subspan(erofs::superblock_offset + 4)), sealed);
    block[4095] = std::byte{1};
    erofs::seal(block);
    EXPECT_NE(load_u32(ConstBytes(block).subspan(erofs::superblock_offset + 4)), sealed);
}

} // namespace
} // namespace slipway::image
