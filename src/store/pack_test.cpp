#include "store/pack.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/zstd.h"

namespace slipway::store {
namespace {

EncodedFrame frame_of(const std::vector<std::string>& objects) {
    EncodedFrame encoded;
    std::string raw;
    for (const auto& object : objects) {
        encoded.frame.objects.push_back(
            {sha256(as_bytes(object)),
             Kind::chunk,
             static_cast<std::uint32_t>(raw.size()),
             static_cast<std::uint32_t>(object.size())}
        );
        raw += object;
    }
    encoded.stored = Compressor(3).compress(as_bytes(raw));
    encoded.frame.place.codec = Codec::zstd;
    encoded.frame.place.raw_length = static_cast<std::uint32_t>(raw.size());
    encoded.frame.place.stored_length = static_cast<std::uint32_t>(encoded.stored.size());
    return encoded;
}

PackWriter::Finished write_pack(const std::filesystem::path& directory) {
    PackWriter writer(directory);
    writer.add(frame_of({"one", "two"}));
    writer.add(frame_of({"three"}));
    return writer.finish();
}

/// Flips one bit of a file.
void flip(const std::filesystem::path& path, std::uint64_t offset) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const auto file = open_file(path, O_RDWR);
    Buffer byte(1);
    pread_some(file.get(), offset, byte, "file");
    byte[0] ^= std::byte{1};
    pwrite_all(file.get(), offset, byte, "file");
}

TEST(Pack, GivesBackTheFramesItWasWrittenWith) {
    const TemporaryDirectory directory;
    const auto written = write_pack(directory.path());
    const PackFile pack(directory.path(), written.pack);
    EXPECT_EQ(pack.read_index(), written.frames);
    EXPECT_NO_THROW(pack.verify_bytes());
    const auto& frame = written.frames[0];
    Buffer stored(frame.place.stored_length);
    pack.blob().read_at(frame.place.offset, stored);
    EXPECT_EQ(as_text(decode_frame(frame.place, stored)), "onetwo");
}

TEST(Pack, IsNamedByItsBytesAlone) {
    const TemporaryDirectory a;
    const TemporaryDirectory b;
    EXPECT_EQ(write_pack(a.path()).pack, write_pack(b.path()).pack);
}

TEST(Pack, LeavesNothingWhenItIsNotFinished) {
    const TemporaryDirectory directory;
    {
        PackWriter writer(directory.path());
        writer.add(frame_of({"one"}));
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Pack, RefusesEveryFlippedBit) {
    const TemporaryDirectory directory;
    const auto name = write_pack(directory.path()).pack;
    const auto path = directory.path() / pack_file_name(name);
    const auto size = std::filesystem::file_size(path);
    for (std::uint64_t offset = 0; offset < size; ++offset) {
        flip(path, offset);
        EXPECT_THROW(
            {
                const PackFile pack(directory.path(), name);
                pack.read_index();
                pack.verify_bytes();
            },
            Error
        ) << "at byte "
          << offset;
        flip(path, offset);
    }
}

TEST(Pack, RefusesEveryTruncation) {
    const TemporaryDirectory directory;
    const auto name = write_pack(directory.path()).pack;
    const auto path = directory.path() / pack_file_name(name);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    for (auto size = std::filesystem::file_size(path); size-- > 0;) {
        std::filesystem::resize_file(path, size);
        EXPECT_THROW(PackFile(directory.path(), name), Error) << "at " << size << " bytes";
    }
}

TEST(PackIndex, RefusesLengthsThatDoNotAddUp) {
    Frame frame;
    frame.place.raw_length = 5;
    frame.objects.push_back({Digest{}, Kind::chunk, 0, 4});
    EXPECT_THROW(decode_pack_index(encode_pack_index({frame})), Error);
}

TEST(PackName, IsReadBackFromAFileName) {
    const auto id = sha256(as_bytes("x"));
    EXPECT_EQ(pack_of_file_name(pack_file_name(id)), id);
    EXPECT_EQ(pack_of_file_name(".tmp-abcdef"), std::nullopt);
    EXPECT_EQ(pack_of_file_name("short.pack"), std::nullopt);
}

} // namespace
} // namespace slipway::store
