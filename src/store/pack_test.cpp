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

constexpr PackMaking well_made{19, 1};

EncodedFrame dictionary_frame(const std::string& dictionary) {
    auto encoded = frame_of({dictionary});
    encoded.frame.objects[0].kind = dictionary_kind;
    return encoded;
}

/// One object that is compressed with a dictionary.
EncodedFrame frame_with(const std::string& dictionary, const std::string& object) {
    auto encoded = frame_of({object});
    const CompressionDictionary prepared(as_bytes(dictionary), 3);
    encoded.stored = Compressor(3).compress(as_bytes(object), prepared);
    auto& place = encoded.frame.place;
    place.codec = Codec::zstd_with_dictionary;
    place.dictionary = sha256(as_bytes(dictionary));
    place.stored_length = static_cast<std::uint32_t>(encoded.stored.size());
    return encoded;
}

const std::string dictionary = "what is met again and again in the objects of this pack";

PackWriter::Finished write_pack_2(const std::filesystem::path& directory) {
    PackWriter writer(directory, well_made);
    writer.add(dictionary_frame(dictionary));
    writer.add(frame_with(dictionary, "again: " + dictionary));
    writer.add(frame_of({"one", "two"}));
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

TEST(Pack, OfVersion2SaysHowItWasMadeAndKnowsItsDictionaries) {
    const TemporaryDirectory directory;
    const auto written = write_pack_2(directory.path());
    const PackFile pack(directory.path(), written.pack);
    EXPECT_EQ(pack.making(), well_made);
    EXPECT_EQ(pack.read_index(), written.frames);
    EXPECT_NO_THROW(pack.verify_bytes());
    EXPECT_EQ(dictionaries_of(written.frames), std::vector{sha256(as_bytes(dictionary))});
    const auto& place = written.frames[1].place;
    Buffer stored(place.stored_length);
    pack.blob().read_at(place.offset, stored);
    EXPECT_EQ(as_text(decode_frame(place, stored, as_bytes(dictionary))), "again: " + dictionary);
    EXPECT_THROW(decode_frame(place, stored), Error);
}

TEST(Pack, OfEitherVersionIsKnownByItsEnd) {
    for (const auto& write : {write_pack, write_pack_2}) {
        const TemporaryDirectory directory;
        const auto written = write(directory.path());
        const auto file = read_file(directory.path() / pack_file_name(written.pack), 1U << 20U);
        const auto start = ConstBytes(file).first(pack_start_size);
        const auto known = decode_pack_ends(start, file);
        ASSERT_TRUE(known);
        ASSERT_EQ(known->size(), written.frames.size());
        for (std::size_t i = 0; i < known->size(); ++i) {
            EXPECT_EQ((*known)[i].objects, written.frames[i].objects);
        }
        EXPECT_EQ(decode_pack_ends(start, ConstBytes(file).last(20)), std::nullopt);
        EXPECT_THROW(decode_pack_ends(as_bytes("slipway pack 3\n"), file), Error);
    }
}

TEST(Pack, WhoseDictionaryNeedsADictionaryIsRefused) {
    Frame frame;
    frame.place.stored_length = 3;
    frame.place.raw_length = 3;
    frame.place.codec = Codec::zstd_with_dictionary;
    frame.place.dictionary = sha256(as_bytes(dictionary));
    frame.objects.push_back({sha256(as_bytes("one")), dictionary_kind, 0, 3});
    const auto index = encode_pack_index({frame}, PackVersion::two);
    EXPECT_THROW(decode_pack_index(index, PackVersion::two), Error);
}

TEST(Pack, OfVersion1SaysNothingOfHowItWasMade) {
    const TemporaryDirectory directory;
    const PackFile pack(directory.path(), write_pack(directory.path()).pack);
    EXPECT_EQ(pack.making(), std::nullopt);
}

TEST(Pack, OfVersion1TakesNoDictionaries) {
    const TemporaryDirectory directory;
    PackWriter writer(directory.path());
    EXPECT_THROW(writer.add(dictionary_frame(dictionary)), Error);
    EXPECT_THROW(writer.add(frame_with(dictionary, "one")), Error);
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

/// With each bit of it flipped in turn, a pack is refused.
void expect_refusal_of_flips(const std::filesystem::path& directory, const Digest& name) {
    const auto path = directory / pack_file_name(name);
    const auto size = std::filesystem::file_size(path);
    for (std::uint64_t offset = 0; offset < size; ++offset) {
        flip(path, offset);
        EXPECT_THROW(
            {
                const PackFile pack(directory, name);
                pack.read_index();
                pack.verify_bytes();
            },
            Error
        ) << "at byte "
          << offset;
        flip(path, offset);
    }
}

TEST(Pack, RefusesEveryFlippedBit) {
    const TemporaryDirectory directory;
    expect_refusal_of_flips(directory.path(), write_pack(directory.path()).pack);
    expect_refusal_of_flips(directory.path(), write_pack_2(directory.path()).pack);
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
    EXPECT_THROW(
        decode_pack_index(encode_pack_index({frame}, PackVersion::one), PackVersion::one), Error
    );
}

TEST(PackIndex, OfVersion1KnowsNoDictionaries) {
    auto with = frame_with(dictionary, "one").frame;
    const auto bytes = encode_pack_index({with}, PackVersion::two);
    EXPECT_EQ(decode_pack_index(bytes, PackVersion::two).size(), 1U);
    EXPECT_THROW(decode_pack_index(bytes, PackVersion::one), Error);
    const auto itself = dictionary_frame(dictionary).frame;
    EXPECT_THROW(
        decode_pack_index(encode_pack_index({itself}, PackVersion::one), PackVersion::one), Error
    );
}

TEST(PackIndex, RefusesDictionariesOutOfOrderOrForNothing) {
    const auto frame = frame_of({"one"}).frame;
    auto bytes = encode_pack_index({frame}, PackVersion::two);
    ByteWriter with_unused; // one dictionary before the frames, instead of none
    with_unused.varint(1);
    with_unused.bytes(sha256(as_bytes(dictionary)).view());
    with_unused.bytes(ConstBytes(bytes).subspan(1));
    EXPECT_THROW(decode_pack_index(with_unused.view(), PackVersion::two), Error);
    const auto first = frame_with("dictionary one", "one").frame;
    const auto second = frame_with("dictionary two", "two").frame;
    bytes = encode_pack_index({first, second}, PackVersion::two);
    EXPECT_EQ(decode_pack_index(bytes, PackVersion::two).size(), 2U);
    // Both digests are the same now.
    std::copy_n(bytes.begin() + 1, sizeof(Digest), bytes.begin() + 1 + sizeof(Digest));
    EXPECT_THROW(decode_pack_index(bytes, PackVersion::two), Error);
}

TEST(Dictionary, IsRefusedIfItIsNotWhatItsNameSaysOrTooLarge) {
    const auto id = sha256(as_bytes(dictionary));
    EXPECT_NO_THROW(verify_dictionary(id, as_bytes(dictionary)));
    EXPECT_THROW(verify_dictionary(id, as_bytes("another")), Error);
    EXPECT_THROW(verify_dictionary(sha256({}), {}), Error);
    const Buffer large(largest_dictionary + 1);
    EXPECT_THROW(verify_dictionary(sha256(large), large), Error);
    const std::string_view trained("\x37\xA4\x30\xEC tables");
    EXPECT_THROW(verify_dictionary(sha256(as_bytes(trained)), as_bytes(trained)), Error);
}

TEST(PackName, IsReadBackFromAFileName) {
    const auto id = sha256(as_bytes("x"));
    EXPECT_EQ(pack_of_file_name(pack_file_name(id)), id);
    EXPECT_EQ(pack_of_file_name(".tmp-abcdef"), std::nullopt);
    EXPECT_EQ(pack_of_file_name("short.pack"), std::nullopt);
}

} // namespace
} // namespace slipway::store
