#include "store/retired.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "store/frame_encoder.h"
#include "store/fsck.h"
#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::IsEmpty;

/// A copy of a pack with all that is in it, frame by frame in the opposite order.
PackContents turned_over(const Repository& repository, const PackFile& pack) {
    PackWriter writer(repository.paths().packs());
    auto frames = pack.read_index();
    std::reverse(frames.begin(), frames.end());
    for (const auto& frame : frames) {
        Buffer stored(frame.place.stored_length);
        pack.blob().read_at(frame.place.offset, stored);
        writer.add({frame, stored});
    }
    return writer.finish();
}

struct Exchanged : Fixture {
    Repository repository = open();
    Digest commit = commit_file(repository, "main", "text");

    std::vector<PackContents> old_packs() const {
        std::vector<PackContents> packs;
        for (const auto& [number, name] : repository.index().packs()) {
            packs.push_back({name, open_pack(repository.paths(), name)->read_index()});
        }
        return packs;
    }

    void exchange() {
        const auto old = old_packs();
        std::vector<PackContents> fresh;
        for (const auto& pack : old) {
            fresh.push_back(turned_over(repository, *open_pack(repository.paths(), pack.pack)));
        }
        exchange_packs(repository, old, fresh);
    }
};

TEST(RetiredPacks, ObjectsAreReadFromWhatTookTheirPlace) {
    Exchanged fixture;
    fixture.exchange();
    EXPECT_EQ(delete_retired(fixture.repository, std::chrono::seconds(0)).packs, 1U);
    EXPECT_TRUE(fixture.repository.open(fixture.commit));
    EXPECT_TRUE(fixture.open(Access::read_only).open(fixture.commit));
    EXPECT_THAT(check(fixture.repository, silent_reporter()).problems, IsEmpty());
}

TEST(RetiredPacks, AReaderThatHasThePackOpenReadsOn) {
    Exchanged fixture;
    const auto reader = fixture.open(Access::read_only);
    const auto number = reader.index().find(fixture.commit)->pack;
    const auto pack = reader.pack(number);
    fixture.exchange();
    delete_retired(fixture.repository, std::chrono::seconds(0));
    pack->verify_bytes();
    EXPECT_TRUE(reader.open(fixture.commit));
}

TEST(RetiredPacks, ADictionaryGoesWithItsPackUnlessAFrameNeedsIt) {
    Exchanged fixture;
    auto& repository = fixture.repository;
    const auto text = noise(50'000, 1);
    const FrameDictionary dictionary{
        sha256(as_bytes(text)), text_buffer(text), CompressionDictionary(as_bytes(text), 3)};
    const auto add = [&](FrameDraft draft, const FrameDictionary* with) {
        PackWriter writer(repository.paths().packs(), PackMaking{});
        writer.add(FrameEncoder(3).encode(std::move(draft), with));
        return repository.add_pack(writer);
    };
    FrameDraft own;
    own.add(dictionary_kind, dictionary.id, as_bytes(text));
    const auto pack = add(std::move(own), nullptr);
    FrameDraft chunk;
    chunk.add(Kind::chunk, sha256(as_bytes(text + "more")), as_bytes(text + "more"));
    const auto user = add(std::move(chunk), &dictionary);
    exchange_packs(repository, {pack}, {}, {dictionary.id});
    EXPECT_TRUE(repository.index().holds(dictionary.id));
    EXPECT_TRUE(fixture.open().open(sha256(as_bytes(text + "more"))));
    repository.index().condemn({sha256(as_bytes(text + "more"))});
    exchange_packs(repository, {pack, user}, {}, {dictionary.id});
    EXPECT_FALSE(repository.index().find(dictionary.id));
}

TEST(RetiredPacks, StayForTheGracePeriod) {
    Exchanged fixture;
    const auto old = fixture.old_packs().front().pack;
    fixture.exchange();
    EXPECT_EQ(delete_retired(fixture.repository, std::chrono::hours(1)).packs, 0U);
    EXPECT_TRUE(open_pack(fixture.repository.paths(), old));
}

TEST(RetiredPacks, OneThatAWriterMakesAgainStays) {
    Exchanged fixture;
    const auto old = fixture.old_packs();
    exchange_packs(fixture.repository, old, {}); // as if measured before the writer came
    EXPECT_EQ(fixture.repository.index().packs().size(), old.size());
    EXPECT_TRUE(std::filesystem::exists(fixture.root / "packs" / pack_file_name(old.front().pack)));
}

TEST(RetiredPacks, ACopyOfOneThatIsInUseAgainIsDeleted) {
    Exchanged fixture;
    const auto old = fixture.old_packs().front().pack;
    const auto& paths = fixture.repository.paths();
    std::filesystem::create_directory(paths.retired_packs());
    std::filesystem::copy(
        paths.packs() / pack_file_name(old), paths.retired_packs() / pack_file_name(old)
    );
    EXPECT_EQ(delete_retired(fixture.repository, std::chrono::seconds(0)).packs, 1U);
    EXPECT_TRUE(fixture.repository.open(fixture.commit));
}

TEST(RetiredPacks, AreNotRecordedByTheNextWriter) {
    Exchanged fixture;
    fixture.exchange();
    const auto packs = fixture.repository.index().packs();
    fixture.repository.adopt_packs();
    EXPECT_EQ(fixture.repository.index().packs(), packs);
}

TEST(RetiredPacks, OneThatTheIndexStillNamesIsPartOfTheRepository) {
    Exchanged fixture;
    const auto old = fixture.old_packs().front().pack;
    const auto& paths = fixture.repository.paths();
    std::filesystem::create_directory(paths.retired_packs());
    std::filesystem::rename(
        paths.packs() / pack_file_name(old), paths.retired_packs() / pack_file_name(old)
    );
    EXPECT_EQ(delete_retired(fixture.repository, std::chrono::seconds(0)).packs, 0U);
    const auto reader = fixture.open(Access::read_only);
    EXPECT_TRUE(reader.open(fixture.commit));
    EXPECT_THAT(check(reader, silent_reporter()).problems, IsEmpty());
}

} // namespace
} // namespace slipway::store
