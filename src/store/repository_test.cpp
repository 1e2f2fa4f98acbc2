#include "store/repository.h"

#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/ingestion.h"
#include "store/testing.h"
#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::store {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Files that this process has open.
std::ptrdiff_t open_files() {
    return std::distance(
        std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()
    );
}

TEST(Repository, HasFewOfItsPacksOpenAtOnce) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {.frame_objects = 1, .pack_bytes = 1});
    constexpr auto packs = 2 * OpenPacks::most;
    for (std::size_t i = 0; i < packs; ++i) {
        add(ingestion, std::to_string(i));
    }
    ingestion.finish();
    ASSERT_GE(repository.index().packs().size(), packs);
    const auto before = open_files();
    for (std::size_t i = 0; i < packs; ++i) {
        EXPECT_TRUE(repository.open(sha256(as_bytes(std::to_string(i)))));
    }
    EXPECT_LE(open_files() - before, static_cast<std::ptrdiff_t>(OpenPacks::most));
}

TEST(Repository, GivesBackWhatWasAdded) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    const auto file = add(ingestion, "hello");
    ingestion.finish();
    EXPECT_EQ(file.content, sha256(as_bytes("hello")));
    EXPECT_EQ(as_text(read_all(*repository.open(file.content), 100)), "hello");
    EXPECT_EQ(repository.open(sha256(as_bytes("other"))), nullptr);
}

TEST(Ingestion, StoresTheSamePayloadOnce) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    add(ingestion, "hello");
    add(ingestion, "hello");
    const auto totals = ingestion.finish();
    EXPECT_EQ(totals.objects_new, 1U);
    EXPECT_EQ(totals.objects_held, 1U);
    Ingestion again(repository, {});
    add(again, "hello");
    EXPECT_EQ(again.finish().packs, 0U);
}

TEST(Ingestion, CutsLongPayloadsAndPutsThemTogetherAgain) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    const auto text = noise(3'000'000, 1);
    tree::File added;
    ingestion.add_long(
        [&](tree::Ingest::Feed& feed) {
            feed.data(as_bytes(text).first(1'000'000));
            feed.zeros(200'000);
            feed.data(as_bytes(text).subspan(1'000'000));
        },
        [&](const tree::File& file) { added = file; }
    );
    ingestion.finish();
    EXPECT_EQ(added.size, text.size() + 200'000);
    const auto bytes = read_all(*tree::open_file(repository, added), 10'000'000);
    EXPECT_EQ(as_text(ConstBytes(bytes).first(1'000'000)), text.substr(0, 1'000'000));
    EXPECT_TRUE(all_zero(ConstBytes(bytes).subspan(1'000'000, 200'000)));
    EXPECT_EQ(as_text(ConstBytes(bytes).subspan(1'200'000)), text.substr(1'000'000));
    EXPECT_TRUE(ingestion.holds(added));
}

TEST(Ingestion, NamesAPayloadThatTurnsOutSmallByItsBytes) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    tree::File added;
    ingestion.add_long(
        [](tree::Ingest::Feed& feed) { feed.data(as_bytes("small")); },
        [&](const tree::File& file) { added = file; }
    );
    ingestion.finish();
    EXPECT_EQ(added, (tree::File{5, sha256(as_bytes("small"))}));
}

TEST(Ingestion, PassesOnTheFirstError) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    ingestion.add_small(
        5, []() -> Buffer { throw Error(Fault::refused, "no"); }, [](const tree::File&) {}
    );
    EXPECT_THROW(ingestion.finish(), Error);
    EXPECT_EQ(repository.index().size(), 0U);
}

TEST(Ingestion, FillsSeveralPacksAndFindsEverythingInThem) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {.pack_bytes = 100'000});
    std::vector<tree::File> files;
    for (unsigned i = 0; i < 20; ++i) {
        files.push_back(add(ingestion, noise(50'000, i)));
    }
    EXPECT_GT(ingestion.finish().packs, 3U);
    for (unsigned i = 0; i < 20; ++i) {
        EXPECT_EQ(as_text(read_all(*repository.open(files[i].content), 100'000)), noise(50'000, i));
    }
}

TEST(Ingestion, AdoptsThePacksOfAWriterThatDiedBeforeItsIndexWasWritten) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion first(repository, {});
    const auto file = add(first, "left behind");
    first.finish();
    empty_index(fixture);
    auto reopened = fixture.open();
    EXPECT_EQ(reopened.open(file.content), nullptr);
    Ingestion second(reopened, {});
    EXPECT_NE(reopened.open(file.content), nullptr);
}

TEST(Branches, MoveOnlyFromWhereTheyWereSeen) {
    const Fixture fixture;
    auto repository = fixture.open();
    auto& branches = repository.branches();
    const auto a = sha256(as_bytes("a"));
    const auto b = sha256(as_bytes("b"));
    EXPECT_EQ(branches.move("main", std::nullopt, a, {1, "me", "first"}), MoveResult::moved);
    EXPECT_EQ(branches.move("main", std::nullopt, b, {2, "me", "late"}), MoveResult::was_elsewhere);
    EXPECT_EQ(branches.move("main", b, a, {2, "me", "wrong"}), MoveResult::was_elsewhere);
    EXPECT_EQ(branches.move("main", a, b, {3, "me", "second"}), MoveResult::moved);
    EXPECT_EQ(branches.find("main")->commit, b);
    const auto log = branches.reflog("main");
    ASSERT_THAT(log, SizeIs(2));
    EXPECT_EQ(log[0].reason, "second");
    EXPECT_EQ(log[1].commit, a);
}

TEST(Branches, AreNotDirectoriesOfEachOther) {
    const Fixture fixture;
    const auto repository = fixture.open();
    auto& branches = repository.branches();
    branches.move("lab/a", std::nullopt, Digest{}, {1, "me", "first"});
    EXPECT_THROW(branches.move("lab", std::nullopt, Digest{}, {1, "me", "outer"}), Error);
    EXPECT_THROW(branches.move("lab/a/b", std::nullopt, Digest{}, {1, "me", "inner"}), Error);
    EXPECT_EQ(
        branches.move("lab/ab", std::nullopt, Digest{}, {1, "me", "beside"}), MoveResult::moved
    );
}

TEST(Branches, LetOneOfManyMoversWin) {
    const Fixture fixture;
    const auto repository = fixture.open();
    std::atomic<int> moved = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                Branches branches(
                    std::make_shared<State>(fixture.root / "state.db", Database::Mode::read_write)
                );
                const auto commit = sha256(as_bytes(std::to_string(i)));
                const auto result = branches.move("main", std::nullopt, commit, {1, "me", "race"});
                moved += result == MoveResult::moved ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(moved, 1);
}

TEST(Branches, WaitForWhoHoldsTheDatabaseWhileTheyAreOpened) {
    const Fixture fixture;
    const auto file = fixture.root / "state.db";
    Database holder(file, Database::Mode::read_write);
    holder.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    std::jthread opener([&] {
        EXPECT_NO_THROW(State(file, Database::Mode::read_write));
        EXPECT_NO_THROW(State(file, Database::Mode::read_only));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // so that it meets the lock
    holder.run("COMMIT; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM branches");
}

TEST(Tags, AreMadeOnceAndNeverMove) {
    const Fixture fixture;
    const auto repository = fixture.open();
    auto& branches = repository.branches();
    const auto a = sha256(as_bytes("a"));
    const auto b = sha256(as_bytes("b"));
    branches.add_tag({"v1", a, 5, "me"});
    EXPECT_THROW(branches.add_tag({"v1", b, 6, "you"}), Error);
    EXPECT_THROW(branches.add_tag({"v1", a, 6, "you"}), Error);
    EXPECT_EQ(branches.find_tag("v1")->commit, a);
    EXPECT_EQ(branches.find_tag("v1")->who, "me");
    EXPECT_EQ(branches.find_tag("v2"), std::nullopt);
    branches.add_tag({"before", b, 7, "me"});
    ASSERT_THAT(branches.tags(), SizeIs(2));
    EXPECT_EQ(branches.tags()[0].name, "before");
    EXPECT_EQ(branches.tags()[1].time, 5);
    EXPECT_THROW(branches.add_tag({"a b", a, 5, "me"}), Error);
}

TEST(Tags, ShareNoNameWithABranch) {
    const Fixture fixture;
    const auto repository = fixture.open();
    auto& branches = repository.branches();
    branches.move("main", std::nullopt, Digest{}, {1, "me", "first"});
    EXPECT_THROW(branches.add_tag({"main", Digest{}, 1, "me"}), Error);
    branches.add_tag({"v1", Digest{}, 1, "me"});
    EXPECT_THROW(branches.move("v1", std::nullopt, Digest{}, {1, "me", "late"}), Error);
}

TEST(Tags, AreAddedToADatabaseOfBeforeThereWereTags) {
    const Fixture fixture;
    fixture.open().branches().move("main", std::nullopt, Digest{}, {1, "me", "first"});
    make_state_version_1(fixture);
    const auto reader = fixture.open(Access::read_only);
    EXPECT_THAT(reader.branches().tags(), IsEmpty());
    EXPECT_EQ(reader.branches().find_tag("v1"), std::nullopt);
    EXPECT_TRUE(reader.branches().find("main"));
    const auto writer = fixture.open();
    EXPECT_TRUE(writer.branches().find("main"));
    writer.branches().add_tag({"v1", Digest{}, 1, "me"});
    EXPECT_THAT(reader.branches().tags(), SizeIs(1));
}

TEST(Branches, RefuseNamesThatCannotBeTyped) {
    for (const auto* const name :
         {"", "a/", "/a", "a//b", "-a", ".a", "a b", "a~1", "a@{1}", "a\n"}) {
        EXPECT_THROW(check_branch_name(name), Error) << name;
    }
    EXPECT_THROW(check_branch_name(Digest{}.hex()), Error);
    EXPECT_NO_THROW(check_branch_name("site/lab-2.0_x+é"));
}

TEST(Repository, RefusesWhatIsNoneAndWhatIsNewer) {
    const TemporaryDirectory directory;
    EXPECT_THROW(Repository(directory.path(), Access::read_only), Error);
    const Fixture fixture;
    EXPECT_THROW(create_repository(fixture.root), Error);
    replace_file(fixture.root / "slipway-repository", as_bytes("slipway repository 2\n"));
    try {
        fixture.open(Access::read_only);
        FAIL() << "opened a repository of the future";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::usage);
        EXPECT_THAT(error.what(), HasSubstr("slipway repository 2"));
    }
}

TEST(FrameCache, ForgetsWhatWasUsedLongestAgo) {
    FrameCache cache(250);
    int decoded = 0;
    const auto get = [&](std::uint64_t offset) {
        return cache.get({1, offset}, [&] {
            ++decoded;
            return std::make_shared<const Buffer>(100);
        });
    };
    get(1);
    get(2);
    get(1);
    EXPECT_EQ(decoded, 2);
    get(3); // 2 goes
    get(1);
    EXPECT_EQ(decoded, 3);
    get(2);
    EXPECT_EQ(decoded, 4);
}

} // namespace
} // namespace slipway::store
