#include "store/fsck.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"
#include "tree/content.h"

namespace slipway::store {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::vector<Problem> problems_of(const Fixture& fixture) {
    return check(fixture.open(Access::read_only), silent_reporter()).problems;
}

/// Writes a letter over the first byte of a payload that is stored raw.
void spoil(const Fixture& fixture, std::string_view payload) {
    const auto repository = fixture.open(Access::read_only);
    const auto location = repository.index().find(sha256(as_bytes(payload)));
    ASSERT_TRUE(location);
    const auto name = repository.pack(location->pack)->name();
    const auto pack = fixture.root / "packs" / pack_file_name(name);
    std::filesystem::permissions(pack, std::filesystem::perms::owner_all);
    const auto offset = location->frame.offset + location->offset;
    pwrite_all(open_file(pack, O_WRONLY).get(), offset, as_bytes("X"), "pack");
}

/// What `slipway fsck --quarantine` does.
void mend(const Fixture& fixture) {
    const auto damaged = check(fixture.open(Access::read_only), silent_reporter()).damaged_packs;
    quarantine({fixture.root}, damaged, silent_reporter());
    EXPECT_THAT(rebuild_index({fixture.root}, silent_reporter()).problems, IsEmpty());
}

tree::Entry entry(std::string name, tree::Node node, std::optional<tree::LinkId> link = {}) {
    return {.name = std::move(name), .node = std::move(node), .attributes = {}, .link = link};
}

/// A commit of a root with these entries, in the order of their names.
void commit_entries(const Fixture& fixture, std::vector<tree::Entry> entries) {
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    commit_root(repository, ingestion, "main", {.attributes = {}, .entries = std::move(entries)});
}

TEST(Fsck, TellsWhatARemovedBranchHasLost) {
    const Fixture fixture;
    {
        auto repository = fixture.open();
        const auto commit = commit_file(repository, "gone", "hello");
        repository.branches().remove("gone", commit, {1, "test", "test"});
    }
    std::filesystem::remove(only_pack(fixture));
    EXPECT_THAT(
        problems_of(fixture), Contains(Field(&Problem::fact, HasSubstr("named by branch gone")))
    );
}

TEST(Fsck, FindsNothingWrongWithAWholeRepository) {
    const Fixture fixture;
    auto repository = fixture.open();
    commit_file(repository, "main", "hello");
    const auto report = check(repository, silent_reporter());
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_EQ(report.objects, 3U);
    EXPECT_EQ(report.commits, 1U);
}

TEST(Fsck, NoticesEveryFlippedByteOfAPack) {
    const Fixture fixture;
    auto repository = fixture.open();
    commit_file(repository, "main", "hello");
    const auto pack = only_pack(fixture);
    std::filesystem::permissions(pack, std::filesystem::perms::owner_all);
    const auto whole = read_file(pack);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto damaged = whole;
        damaged[i] ^= std::byte{0x10};
        pwrite_all(open_file(pack, O_WRONLY).get(), 0, damaged, "pack");
        const auto fresh = fixture.open(Access::read_only);
        EXPECT_FALSE(check(fresh, silent_reporter()).problems.empty()) << "at byte " << i;
    }
}

TEST(Fsck, NamesThePathThatNeedsADamagedObject) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto text = noise(100'000, 7); // stored raw
    commit_file(repository, "main", text);
    const auto location = repository.index().find(sha256(as_bytes(text)));
    const auto pack = only_pack(fixture);
    std::filesystem::permissions(pack, std::filesystem::perms::owner_all);
    pwrite_all(open_file(pack, O_WRONLY).get(), location->frame.offset + 5, as_bytes("X"), "pack");
    const auto problems = check(fixture.open(Access::read_only), silent_reporter()).problems;
    EXPECT_THAT(problems, Contains(Field(&Problem::subject, HasSubstr("/file of commit"))));
    EXPECT_THAT(problems, Contains(Field(&Problem::fact, HasSubstr(sha256(as_bytes(text)).hex()))));
}

TEST(Fsck, MissesAPackThatIsGone) {
    const Fixture fixture;
    auto repository = fixture.open();
    commit_file(repository, "main", "hello");
    std::filesystem::remove(only_pack(fixture));
    const auto problems = check(fixture.open(Access::read_only), silent_reporter()).problems;
    EXPECT_THAT(problems, Contains(Field(&Problem::fact, HasSubstr("not on disk"))));
}

TEST(Fsck, DoesNotBlameAPackWhoseWriterDiedBeforeItWasIndexed) {
    const Fixture fixture;
    {
        auto repository = fixture.open();
        Ingestion ingestion(repository, {});
        add(ingestion, "left behind");
        ingestion.finish();
    }
    empty_index(fixture);
    EXPECT_THAT(check(fixture.open(Access::read_only), silent_reporter()).problems, IsEmpty());
}

TEST(Fsck, MissesWhatABranchNeedsFromAPackThatIsNotIndexed) {
    const Fixture fixture;
    {
        auto repository = fixture.open();
        commit_file(repository, "main", "hello");
    }
    empty_index(fixture);
    const auto problems = check(fixture.open(Access::read_only), silent_reporter()).problems;
    EXPECT_THAT(problems, Contains(Field(&Problem::fact, HasSubstr("named by branch main"))));
}

TEST(Fsck, RebuildsTheIndexFromThePacksAlone) {
    const Fixture fixture;
    {
        auto repository = fixture.open();
        commit_file(repository, "main", "hello");
    }
    std::filesystem::remove_all(fixture.root / "index");
    EXPECT_THROW(fixture.open(Access::read_only), Error);
    const auto report = rebuild_index({fixture.root}, silent_reporter());
    EXPECT_EQ(report.objects, 3U);
    EXPECT_THAT(check(fixture.open(Access::read_only), silent_reporter()).problems, IsEmpty());
}

TEST(Fsck, NamesSomeOfManyPathsThatNeedALostObject) {
    const Fixture fixture;
    const auto text = noise(100'000, 7);
    {
        auto repository = fixture.open();
        Ingestion ingestion(repository, {});
        const auto file = add(ingestion, text);
        tree::Directory root;
        for (const auto* const name : {"a", "b", "c", "d", "e", "f", "g"}) {
            root.entries.push_back(entry(name, file));
        }
        commit_root(repository, ingestion, "main", root);
    }
    spoil(fixture, text);
    EXPECT_THAT(
        problems_of(fixture),
        Contains(AllOf(
            Field(&Problem::subject, StartsWith("/a, /b, /c, /d, /e of commit ")),
            Field(&Problem::subject, testing::EndsWith(" and 2 more"))
        ))
    );
}

TEST(Fsck, TellsOfHardLinksThatAreNotAlike) {
    const Fixture fixture;
    const auto link = tree::LinkId::of_path("/a");
    commit_entries(
        fixture, {entry("a", tree::Symlink{"here"}, link), entry("b", tree::Symlink{"there"}, link)}
    );
    EXPECT_THAT(
        problems_of(fixture),
        ElementsAre(AllOf(
            Field(&Problem::subject, StartsWith("/b of commit ")),
            Field(&Problem::fact, "is a hard link to /a and differs from it")
        ))
    );
}

TEST(Fsck, TellsOfLinkIdsThatAreNoGroupsOrNotOfTheirFirstPath) {
    const Fixture fixture;
    commit_entries(
        fixture,
        {entry("a", tree::Fifo{}, tree::LinkId::of_path("/a")),
         entry("b", tree::Fifo{}, tree::LinkId::of_path("/c")),
         entry("c", tree::Fifo{}, tree::LinkId::of_path("/c"))}
    );
    EXPECT_THAT(
        problems_of(fixture),
        testing::UnorderedElementsAre(
            AllOf(
                Field(&Problem::subject, StartsWith("/a of commit ")),
                Field(&Problem::fact, HasSubstr("no other name"))
            ),
            AllOf(
                Field(&Problem::subject, StartsWith("/b of commit ")),
                Field(&Problem::fact, HasSubstr("not made of this path"))
            )
        )
    );
}

TEST(Quarantine, KeepsWhatIsWholeInADamagedPackAndLetsTheNextImportStoreTheRest) {
    const Fixture fixture;
    const auto bad = noise(100'000, 7);
    const auto good = noise(100'000, 8);  // in the same frame
    const auto apart = noise(200'000, 9); // in another
    {
        auto repository = fixture.open();
        Ingestion ingestion(repository, {});
        const tree::Directory root{
            .attributes = {},
            .entries = {
                entry("apart", add(ingestion, apart)),
                entry("bad", add(ingestion, bad)),
                entry("good", add(ingestion, good))}};
        commit_root(repository, ingestion, "main", root);
    }
    spoil(fixture, bad);
    mend(fixture);
    EXPECT_THAT(
        problems_of(fixture), ElementsAre(Field(&Problem::subject, StartsWith("/bad of ")))
    );
    auto repository = fixture.open();
    for (const auto& text : {good, apart}) {
        EXPECT_EQ(as_text(read_all(*repository.open(sha256(as_bytes(text))), 1U << 20U)), text);
    }
    Ingestion again(repository, {});
    EXPECT_FALSE(again.holds({bad.size(), sha256(as_bytes(bad))}));
    for (const auto& text : {bad, good, apart}) {
        add(again, text);
    }
    EXPECT_EQ(again.finish().objects_new, 1U);
    EXPECT_THAT(problems_of(fixture), IsEmpty());
}

TEST(Quarantine, MovesAPackAsideOfWhichNothingCanBeRead) {
    const Fixture fixture;
    {
        auto repository = fixture.open();
        commit_file(repository, "main", "hello");
    }
    const auto pack = only_pack(fixture);
    std::filesystem::resize_file(pack, 20);
    mend(fixture);
    EXPECT_TRUE(std::filesystem::exists(fixture.root / "packs/damaged" / pack.filename()));
    EXPECT_THAT(
        problems_of(fixture), ElementsAre(Field(&Problem::fact, HasSubstr("named by branch main")))
    );
}

} // namespace
} // namespace slipway::store
