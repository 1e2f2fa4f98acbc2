#include "store/gc/gc.h"

#include <thread>

#include <gmock/gmock.h>

#include "base/error.h"
#include "store/frame_encoder.h"
#include "store/fsck.h"
#include "store/gc/roots.h"
#include "store/gc/whole.h"
#include "store/testing.h"
#include "tree/content.h"

namespace slipway::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr std::int64_t day = 86'400;

/// Nothing is kept for its age.
GcOptions at_once() {
    GcOptions options;
    options.now = 100 * day;
    options.reflog_age = std::chrono::seconds(0);
    options.patience = std::chrono::milliseconds(0);
    options.grace = std::chrono::seconds(0);
    return options;
}

struct Gc : testing::Test {
    Fixture fixture;
    GcOptions options = at_once();

    /// A commit of one file, on a branch of its own, in packs of its own.
    Digest commit(std::string_view branch, std::string_view text) const {
        auto repository = fixture.open();
        return commit_file(repository, branch, text);
    }

    void remove_branch(std::string_view branch) const {
        const auto repository = fixture.open();
        const auto tip = repository.branches().find(branch).value().commit;
        repository.branches().remove(branch, tip, {2, "test", "test"});
    }

    Digest commit_nothing_names(std::string_view text) const {
        const auto id = commit("gone", text);
        remove_branch("gone");
        return id;
    }

    GcReport collect() const { return store::collect(fixture.root, options, silent_reporter()); }

    bool is_there(const Digest& id) const { return fixture.open().index().find(id).has_value(); }

    std::vector<Problem> problems() const {
        return check(fixture.open(Access::read_only), silent_reporter()).problems;
    }

    std::size_t pack_files() const {
        std::size_t count = 0;
        for (const auto& file :
             std::filesystem::recursive_directory_iterator(fixture.root / "packs")) {
            count += file.is_regular_file() ? 1 : 0;
        }
        return count;
    }
};

TEST_F(Gc, TakesWhatNothingNamesAndLeavesTheRest) {
    const auto kept = commit("main", "kept");
    const auto dead = commit_nothing_names("dead");
    const auto report = collect();
    EXPECT_THAT(report.commits_dead, ElementsAre(dead));
    EXPECT_EQ(report.objects_dead, 3U);
    EXPECT_FALSE(is_there(dead));
    EXPECT_TRUE(fixture.open().open(kept));
    EXPECT_EQ(pack_files(), 1U);
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Gc, KeepsWhatABranchWasAtUntilThatIsOld) {
    const auto dead = commit_nothing_names("dead");
    options.now = 10 * day;
    options.reflog_age = std::chrono::hours(24 * 90);
    EXPECT_EQ(collect().objects_dead, 0U);
    options.now = 100 * day;
    EXPECT_EQ(collect().moves_forgotten, 2U);
    EXPECT_FALSE(is_there(dead));
}

TEST_F(Gc, AMoveIsOldOnceTheBranchHasBeenElsewhereForLong) {
    const std::vector<NamedMove> moves{
        {"a", {1, {}, 10, "", ""}},
        {"a", {2, {}, 500, "", ""}},
        {"a", {3, {}, 600, "", ""}},
        {"b", {1, {}, 10, "", ""}}};
    const auto old = old_moves({{"a", {}, 3}, {"b", {}, 1}}, moves, 550);
    ASSERT_EQ(old.size(), 1U);
    EXPECT_EQ(old.front().move.sequence, 1);
    EXPECT_EQ(old_moves({{"a", {}, 3}}, moves, 550).size(), 2U);
}

TEST_F(Gc, KeepsWhatHasALeaseUntilItEnds) {
    const auto leased = commit_nothing_names("leased");
    fixture.open().leases().grant({"host", leased, 101 * day}, 1);
    EXPECT_EQ(collect().objects_dead, 0U);
    options.now = 102 * day;
    collect();
    EXPECT_FALSE(is_there(leased));
}

TEST_F(Gc, ALeaseOfWhatIsNotHereStopsNothing) {
    fixture.open().leases().grant({"host", sha256(as_bytes("nothing")), 101 * day}, 1);
    const auto dead = commit_nothing_names("dead");
    collect();
    EXPECT_FALSE(is_there(dead));
}

TEST_F(Gc, KeepsWhatAProcessReads) {
    const auto read = commit_nothing_names("read");
    const auto repository = fixture.open(Access::read_only);
    const auto tree = tree::load_commit(repository, read).tree;
    {
        const auto lease = ReadLease::take(repository, tree);
        collect();
        EXPECT_TRUE(is_there(tree));
        EXPECT_FALSE(is_there(read));
    }
    collect();
    EXPECT_FALSE(is_there(tree));
}

TEST_F(Gc, ADryRunTellsTheSameAndChangesNothing) {
    commit("main", "kept");
    const auto dead = commit_nothing_names("dead");
    const auto told = preview_gc(fixture.root, options, silent_reporter());
    EXPECT_TRUE(is_there(dead));
    const auto report = collect();
    EXPECT_EQ(told.commits_dead, report.commits_dead);
    EXPECT_EQ(told.objects_dead, report.objects_dead);
    EXPECT_EQ(told.objects_kept, report.objects_kept);
    EXPECT_EQ(told.moves_forgotten, report.moves_forgotten);
}

TEST_F(Gc, LeavesWhatIsDeadWhileAWriterOfBeforeIsAtWork) {
    const auto dead = commit_nothing_names("dead");
    {
        const WriterLock writer({fixture.root});
        EXPECT_FALSE(collect().writers_ended);
        const auto repository = fixture.open();
        EXPECT_FALSE(repository.index().holds(dead));
        EXPECT_TRUE(repository.open(dead));
    }
    EXPECT_TRUE(collect().writers_ended);
    EXPECT_FALSE(is_there(dead));
}

TEST_F(Gc, KeepsWhatAWriterNamesThatBeganBefore) {
    const auto dead = commit_nothing_names("dead");
    options.patience = std::chrono::seconds(60);
    GcReport report;
    std::jthread collecting;
    {
        const auto writer = fixture.open();
        check_whole(writer, dead);
        collecting = std::jthread([&] { report = collect(); });
        while (writer.index().holds(dead)) {
            std::this_thread::yield();
        }
        writer.branches().move("saved", std::nullopt, dead, {3, "test", "test"});
    }
    collecting.join();
    EXPECT_EQ(report.objects_dead, 0U);
    EXPECT_TRUE(fixture.open().index().holds(dead));
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Gc, AWriterOfAfterwardsMayNotNameWhatIsCondemned) {
    const auto dead = commit_nothing_names("dead");
    const WriterLock writer({fixture.root});
    collect();
    const auto later = fixture.open();
    EXPECT_THROW(check_whole(later, dead), Error);
    EXPECT_THROW(ReadLease::take(later, dead), Error);
}

TEST_F(Gc, AWriterOfAfterwardsStoresAnewWhatIsCondemned) {
    commit_nothing_names("the same");
    {
        const WriterLock writer({fixture.root});
        collect();
        commit("main", "the same");
    }
    collect();
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(pack_files(), 1U);
}

/// A pack with one frame that is compressed with a dictionary.
PackContents add_pack_that_needs(
    const Repository& repository, const FrameDictionary& dictionary, const std::string& chunk
) {
    FrameDraft draft;
    draft.add(Kind::chunk, sha256(as_bytes(chunk)), as_bytes(chunk));
    PackWriter writer(repository.paths().packs(), PackMaking{});
    writer.add(FrameEncoder(3).encode(std::move(draft), &dictionary));
    return repository.add_pack(writer);
}

TEST_F(Gc, KeepsADictionaryThatAPackNeedsWhichCameMeanwhile) {
    const auto text = noise(50'000, 1);
    const FrameDictionary dictionary{
        sha256(as_bytes(text)), text_buffer(text), CompressionDictionary(as_bytes(text), 3)};
    options.patience = std::chrono::seconds(60);
    std::jthread collecting;
    {
        auto writer = fixture.open();
        FrameDraft draft;
        draft.add(dictionary_kind, dictionary.id, as_bytes(text));
        PackWriter pack(writer.paths().packs(), PackMaking{});
        pack.add(FrameEncoder(3).encode(std::move(draft)));
        writer.add_pack(pack);
        collecting = std::jthread([&] { collect(); });
        while (writer.index().holds(dictionary.id)) {
            std::this_thread::yield();
        }
        add_pack_that_needs(writer, dictionary, text + "more");
        commit_file(writer, "main", text + "more");
    }
    collecting.join();
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_TRUE(fixture.open().open(sha256(as_bytes(text + "more"))));
}

TEST_F(Gc, ForgetsWhatIsSaidOfCommitsThatAreGone) {
    const auto kept = commit("main", "kept");
    const auto dead = commit_nothing_names("dead");
    {
        const auto repository = fixture.open();
        for (const auto& id : {kept, dead}) {
            repository.signatures().add(id, as_bytes("a signature"));
        }
        repository.shallow().change({kept, dead}, {});
        put_statement(*repository.state()->lock(), {"main", kept, 1}, "where main is");
        put_statement(*repository.state()->lock(), {"gone", dead, 7}, "where it was");
    }
    EXPECT_EQ(collect().rows_forgotten, 3U);
    const auto repository = fixture.open();
    EXPECT_THAT(repository.signatures().targets(), ElementsAre(kept));
    EXPECT_THAT(repository.shallow().commits(), testing::UnorderedElementsAre(kept));
    EXPECT_EQ(repository.statements().find("main"), "where main is");
    EXPECT_EQ(repository.statements().find("gone"), std::nullopt);
    // Machines know that sequence: a branch of that name goes on after it.
    repository.branches().move("gone", std::nullopt, kept, {3, "test", "test"});
    EXPECT_EQ(repository.branches().find("gone")->sequence, 8);
    EXPECT_EQ(collect().rows_forgotten, 0U);
}

TEST_F(Gc, KeepsTheSignatureOfWhatIsOnlyCondemned) {
    const auto dead = commit_nothing_names("dead");
    const WriterLock writer({fixture.root});
    fixture.open().signatures().add(dead, as_bytes("a signature"));
    EXPECT_EQ(collect().rows_forgotten, 0U);
}

TEST_F(Gc, NeedsNoCacheDirectory) {
    const auto dead = commit_nothing_names("dead");
    std::filesystem::remove_all(fixture.root / "cache");
    collect();
    EXPECT_FALSE(is_there(dead));
}

TEST_F(Gc, RewritesAPackOfWhichLittleIsNeeded) {
    // One pack with two commits, of which one stays.
    Digest kept;
    {
        auto repository = fixture.open();
        Ingestion ingestion(repository, {});
        const auto add_commit = [&](const std::string& text) {
            tree::Directory root;
            root.entries.push_back(
                {.name = "file", .node = add(ingestion, text), .attributes = {}, .link = {}}
            );
            tree::Commit commit;
            commit.tree = ingestion.add_object(Kind::directory, tree::encode(root));
            commit.author = "test";
            commit.message = "one of two";
            return ingestion.add_object(Kind::commit, tree::encode(commit));
        };
        kept = add_commit("kept");
        add_commit(noise(100'000, 1));
        ingestion.finish();
        repository.branches().move("main", std::nullopt, kept, {1, "test", "test"});
    }
    const auto report = collect();
    ASSERT_EQ(report.packs.size(), 1U);
    EXPECT_EQ(report.packs.front().fate, Fate::rewritten);
    EXPECT_LT(report.bytes_written, 1000U);
    EXPECT_EQ(pack_files(), 1U);
    EXPECT_TRUE(fixture.open().open(kept));
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(collect().bytes_written, 0U);
}

TEST_F(Gc, ADirectoryThatIsLostStopsIt) {
    const auto main = commit("main", "text");
    const auto dead = commit_nothing_names("dead");
    {
        const auto repository = fixture.open(Access::read_only);
        const auto location = repository.index().find(main);
        std::filesystem::remove(
            fixture.root / "packs" / pack_file_name(repository.index().packs().at(location->pack))
        );
    }
    EXPECT_THROW(collect(), Error);
    EXPECT_TRUE(is_there(dead));
}

TEST_F(Gc, PassesOverParentsThatWereLeftOut) {
    {
        auto repository = fixture.open();
        Ingestion ingestion(repository, {});
        tree::Commit commit;
        commit.tree = ingestion.add_object(Kind::directory, tree::encode(tree::Directory{}));
        commit.parents = {sha256(as_bytes("left out"))};
        commit.author = "test";
        commit.message = "shallow";
        const auto id = ingestion.add_object(Kind::commit, tree::encode(commit));
        ingestion.finish();
        repository.branches().move("main", std::nullopt, id, {1, "test", "test"});
    }
    EXPECT_THROW(collect(), Error);
    {
        const auto repository = fixture.open();
        repository.shallow().change({repository.branches().find("main")->commit}, {});
    }
    EXPECT_EQ(collect().objects_dead, 0U);
}

TEST_F(Gc, OnlyOneCollectsAtATime) {
    const CollectorLock lock({fixture.root});
    EXPECT_THROW(collect(), Error);
}

TEST_F(Gc, FsckAndARebuiltIndexUnderstandWhatIsCondemned) {
    const auto dead = commit_nothing_names("dead");
    {
        const WriterLock writer({fixture.root});
        collect();
    }
    EXPECT_THAT(problems(), IsEmpty());
    rebuild_index({fixture.root}, silent_reporter());
    EXPECT_TRUE(fixture.open().index().holds(dead));
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Gc, TellsWhatKeepsACommit) {
    const auto first = commit("main", "text");
    const auto repository = fixture.open();
    repository.branches().add_tag({"v1", first, 1, "test"});
    const auto names = keepers(repository, find_roots(repository, 0, 100), first);
    EXPECT_THAT(names, Contains(Field(&Root::name, "branch main")));
    EXPECT_THAT(names, Contains(Field(&Root::name, "tag v1")));
}

TEST(BranchThatIsMadeAgain, GoesOnWithItsSequence) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto first = commit_file(repository, "main", "text");
    repository.branches().remove("main", first, {2, "test", "test"});
    EXPECT_FALSE(repository.branches().find("main"));
    EXPECT_EQ(
        repository.branches().remove("main", first, {2, "test", "test"}), MoveResult::was_elsewhere
    );
    repository.branches().move("main", std::nullopt, first, {3, "test", "test"});
    EXPECT_EQ(repository.branches().find("main")->sequence, 3);
    EXPECT_EQ(repository.branches().reflog("main").size(), 3U);
}

} // namespace
} // namespace slipway::store
