#include "store/assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/intake.h"
#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::SizeIs;
using testing::UnorderedElementsAreArray;

/// A repository of some small files, each of its own, in few frames.
struct Filled : Fixture {
    Filled() {
        auto repository = open();
        Ingestion ingestion(repository, {.frame_bytes = 4000});
        for (unsigned i = 0; i < 20; ++i) {
            files.push_back(add(ingestion, noise(900, i)).content);
        }
        ingestion.finish();
    }

    /// A pack of these in a file, and what it holds.
    VerifiedPack assemble(const std::vector<Digest>& objects) const {
        const auto file = directory.path() / "made.part";
        {
            FileReplacement out(file);
            write_pack_of(Repository(root, Access::read_only), objects, out);
            out.finish();
        }
        return verify_pack(file);
    }

    std::vector<Digest> files;
};

std::vector<Digest> objects_of(const VerifiedPack& pack) {
    std::vector<Digest> objects;
    for (const auto& frame : pack.frames) {
        for (const auto& object : frame.objects) {
            objects.push_back(object.id);
        }
    }
    return objects;
}

TEST(Assembly, copies_whole_frames_as_they_lie) {
    const Filled from;
    const auto pack = from.assemble(from.files);
    EXPECT_THAT(objects_of(pack), UnorderedElementsAreArray(from.files));
    EXPECT_EQ(pack.name.hex() + ".pack", only_pack(from).filename());
}

TEST(Assembly, takes_single_objects_out_of_frames) {
    const Filled from;
    const std::vector<Digest> some{from.files[3], from.files[4], from.files[17], from.files[3]};
    EXPECT_THAT(
        objects_of(from.assemble(some)), UnorderedElementsAreArray({some[0], some[1], some[2]})
    );
}

TEST(Assembly, writes_nothing_if_an_object_is_absent) {
    const Filled from;
    EXPECT_THROW(from.assemble({from.files[0], sha256(as_bytes("no"))}), Error);
}

TEST(Intake, takes_a_pack_once_it_is_verified) {
    const Filled from;
    const Fixture to;
    auto repository = to.open();
    Intake intake(repository);
    intake.take(from.assemble(from.files));
    EXPECT_EQ(intake.totals().objects, 20U);
    EXPECT_TRUE(repository.open(from.files[7]));
    EXPECT_EQ(only_pack(from).filename(), only_pack(to).filename());
    intake.take(from.assemble({from.files[0]}));
    EXPECT_EQ(intake.totals().packs, 1U) << "nothing is new in it";
}

TEST(Intake, refuses_every_flipped_bit) {
    const Filled from;
    const auto pack = from.assemble({from.files[0], from.files[1]});
    const auto whole = read_file(pack.file);
    const auto file = from.directory.path() / "flipped";
    for (std::size_t at = 0; at < whole.size(); at += 11) {
        auto flipped = whole;
        flipped[at] ^= std::byte{4};
        replace_file(file, flipped);
        EXPECT_THROW(verify_pack(file), Error) << at;
    }
}

/// A pack with one object, made by hand.
std::filesystem::path
pack_of(const Fixture& fixture, Kind kind, const Digest& id, std::string_view bytes) {
    const auto file = fixture.directory.path() / "hostile.part";
    FileReplacement out(file);
    PackEncoder encoder(out);
    EncodedFrame frame;
    frame.stored = text_buffer(bytes);
    frame.frame.place.raw_length = static_cast<std::uint32_t>(bytes.size());
    frame.frame.place.stored_length = static_cast<std::uint32_t>(bytes.size());
    frame.frame.objects = {{id, kind, 0, static_cast<std::uint32_t>(bytes.size())}};
    encoder.add(std::move(frame));
    encoder.finish();
    out.finish();
    return file;
}

TEST(Intake, refuses_an_object_of_another_name_or_kind) {
    const Fixture fixture;
    const auto id = sha256(as_bytes("text"));
    EXPECT_NO_THROW(verify_pack(pack_of(fixture, Kind::chunk, id, "text")));
    EXPECT_THROW(verify_pack(pack_of(fixture, Kind::chunk, sha256({}), "text")), Error);
    EXPECT_THROW(verify_pack(pack_of(fixture, Kind::commit, id, "text")), Error);
    EXPECT_THROW(verify_pack(pack_of(fixture, Kind::directory, id, "text")), Error);
    EXPECT_THROW(verify_pack(pack_of(fixture, Kind::chunk_list, id, "text")), Error);
    EXPECT_THROW(
        verify_pack(pack_of(fixture, Kind::chunk, id, "text"), sha256(as_bytes("another"))), Error
    );
}

} // namespace
} // namespace slipway::store
