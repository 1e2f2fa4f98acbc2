#include "store/repack.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/frame_encoder.h"
#include "store/fsck.h"
#include "store/gc/gc.h"
#include "store/intake.h"
#include "store/repack/frames.h"
#include "store/retired.h"
#include "store/testing.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::store {
namespace {

using testing::Contains;
using testing::IsEmpty;

/// Files of one directory by name.
using Files = std::vector<std::pair<std::string, std::string>>;

Digest add_directory(Ingestion& ingestion, const Files& files) {
    tree::Directory directory;
    for (const auto& [name, text] : files) {
        directory.entries.push_back(
            {.name = name, .node = add(ingestion, text), .attributes = {}, .link = {}}
        );
    }
    return ingestion.add_object(Kind::directory, tree::encode(directory));
}

/// /NAME/NAME.../ around a directory.
Digest wrap(Ingestion& ingestion, std::vector<std::string> names, Digest inner) {
    for (; !names.empty(); names.pop_back()) {
        tree::Directory outer;
        outer.entries.push_back(
            {.name = names.back(), .node = tree::Subdirectory{inner}, .attributes = {}, .link = {}}
        );
        inner = ingestion.add_object(Kind::directory, tree::encode(outer));
    }
    return inner;
}

/// Modules that are alike, as kernel modules are.
Files modules(unsigned count, unsigned seed) {
    Files files;
    const auto shared = noise(30'000, 7);
    for (unsigned i = 0; i < count; ++i) {
        const auto name = std::to_string(100 + i) + ".ko";
        files.emplace_back(name, shared + noise(10'000, seed + i));
    }
    return files;
}

/// A repository with a system whose modules are many, on `main`.
struct System : Fixture {
    System() { import_modules("main", 100); }

    void import_modules(std::string_view branch, unsigned seed) const {
        auto repository = open();
        Ingestion ingestion(repository, {});
        const auto below = add_directory(ingestion, modules(80, seed));
        const auto lib = wrap(ingestion, {"modules", "6.1.0"}, below);
        tree::Directory top;
        top.entries.push_back(
            {.name = "bin", .node = add(ingestion, "busybox"), .attributes = {}, .link = {}}
        );
        top.entries.push_back(
            {.name = "lib", .node = tree::Subdirectory{lib}, .attributes = {}, .link = {}}
        );
        commit_root(repository, ingestion, branch, top);
    }

    std::vector<Digest> packs() const {
        std::vector<Digest> names;
        for (const auto& [number, name] : open().index().packs()) {
            names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    FsckReport check() const { return store::check(open(), silent_reporter()); }
};

RepackReport repack(const System& system, const RepackOptions& options = {.level = 5}) {
    return store::repack(system.open(), options, silent_reporter());
}

std::map<Digest, Buffer> everything(const Repository& repository) {
    std::map<Digest, Buffer> objects;
    repository.index().each([&](const Digest& id, const Location& location) {
        if (location.kind != dictionary_kind) {
            objects.emplace(id, read_object(repository, id));
        }
    });
    return objects;
}

std::uint64_t dictionaries_in(const System& system) {
    std::uint64_t count = 0;
    system.open().index().each([&](const Digest&, const Location& location) {
        count += location.kind == dictionary_kind ? 1 : 0;
    });
    return count;
}

TEST(Repack, KeepsEveryObjectInFewerBytes) {
    const System system;
    const auto before = everything(system.open());
    const auto report = repack(system);
    EXPECT_EQ(report.objects, before.size());
    EXPECT_LT(report.bytes_after, report.bytes_before * 4 / 5);
    EXPECT_EQ(everything(system.open()), before);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

TEST(Repack, GivesModulesADictionaryThatIsStoredOnce) {
    const System system;
    repack(system);
    std::vector<Digest> used;
    std::uint64_t stored = 0;
    const auto repository = system.open();
    for (const auto& [number, name] : repository.index().packs()) {
        const auto frames = repository.pack(number)->read_index();
        const auto needed = dictionaries_of(frames);
        used.insert(used.end(), needed.begin(), needed.end());
        for (const auto& frame : frames) {
            stored += static_cast<std::uint64_t>(std::count_if(
                frame.objects.begin(),
                frame.objects.end(),
                [](const auto& object) { return object.kind == dictionary_kind; }
            ));
        }
    }
    EXPECT_EQ(used.size(), 1U);
    EXPECT_EQ(stored, 1U);
}

TEST(Repack, DoesNothingTheSecondTime) {
    const System system;
    repack(system);
    const auto packs = system.packs();
    const auto again = repack(system);
    EXPECT_EQ(again.packs_before, 0U);
    EXPECT_EQ(again.packs_kept, packs.size());
    EXPECT_EQ(system.packs(), packs);
    EXPECT_EQ(repack(system, {.level = 4}).packs_before, 0U);
    EXPECT_GT(repack(system, {.level = 6}).packs_before, 0U);
}

TEST(Repack, GivesTheSamePacksForTheSameObjects) {
    const System one;
    const System other;
    repack(one);
    repack(other);
    EXPECT_EQ(one.packs(), other.packs());
}

TEST(Repack, OfEverythingAgainGivesTheSame) {
    const System system;
    repack(system);
    const auto packs = system.packs();
    repack(system, {.level = 5, .scope = RepackScope::everything});
    EXPECT_EQ(system.packs(), packs);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

TEST(Repack, AtAnotherLevelDropsTheDictionaryThatNothingNeeds) {
    const System system;
    repack(system, {.level = 5});
    system.import_modules("other", 5000);
    repack(system, {.level = 6, .scope = RepackScope::everything});
    EXPECT_EQ(dictionaries_in(system), 1U);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

TEST(Repack, PassesOverParentsThatCameInPart) {
    const System system;
    {
        auto repository = system.open();
        Ingestion ingestion(repository, {});
        const auto add_commit = [&](const Digest& tree, std::vector<Digest> parents) {
            tree::Commit commit;
            commit.tree = tree;
            commit.parents = std::move(parents);
            commit.author = "test";
            return ingestion.add_object(Kind::commit, tree::encode(commit));
        };
        const auto whole = ingestion.add_object(Kind::directory, tree::encode(tree::Directory{}));
        const auto in_part = add_commit(sha256(as_bytes("absent")), {});
        const auto end = add_commit(whole, {in_part});
        ingestion.finish();
        repository.shallow().change({end}, {});
        repository.branches().move("short", std::nullopt, end, {1, "test", "test"});
    }
    EXPECT_GT(repack(system).objects, 0U);
}

TEST(Repack, HasADictionaryKeptThatAPackNeedsWhichComesFromElsewhere) {
    const System system;
    repack(system, {.level = 5, .pack_bytes = 200'000});
    const Fixture other;
    auto target = other.open();
    Intake intake(target);
    const auto take = [&](const Digest& pack) {
        const auto file = intake.directory() / (pack.hex() + ".part");
        std::filesystem::copy_file(system.root / "packs" / pack_file_name(pack), file);
        intake.take(verify_pack(file, pack, &target));
    };
    const auto source = system.open(Access::read_only);
    const auto holds_dictionary = [&](PackNumber number) {
        bool holds = false;
        source.index().each([&](const Digest&, const Location& location) {
            holds |= location.pack == number && location.kind == dictionary_kind;
        });
        return holds;
    };
    const auto packs = source.index().packs();
    ASSERT_GT(packs.size(), 1U);
    std::optional<Digest> dictionary;
    for (const auto& [number, name] : packs) {
        if (holds_dictionary(number)) {
            take(name);
        }
    }
    target.index().each([&](const Digest& id, const Location& location) {
        dictionary = location.kind == dictionary_kind ? id : dictionary;
    });
    ASSERT_TRUE(dictionary);
    target.index().condemn({*dictionary});
    for (const auto& [number, name] : packs) {
        if (!holds_dictionary(number)) {
            take(name);
        }
    }
    EXPECT_TRUE(target.index().holds(*dictionary));
}

TEST(Repack, UsesTheDictionaryThatThereIsForWhatCameLater) {
    const System system;
    repack(system, {.level = 5, .pack_bytes = 200'000}); // so that some packs are full and stay
    system.import_modules("other", 5000);
    const auto before = everything(system.open());
    const auto report = repack(system, {.level = 5, .pack_bytes = 200'000});
    EXPECT_GT(report.packs_kept, 0U);
    EXPECT_EQ(everything(system.open()), before);
    std::set<Digest> used;
    const auto repository = system.open();
    for (const auto& [number, name] : repository.index().packs()) {
        const auto needed = dictionaries_of(repository.pack(number)->read_index());
        used.insert(needed.begin(), needed.end());
    }
    EXPECT_EQ(used.size(), 1U);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

TEST(Repack, PutsWhatIsSaidToBeHotFirst) {
    const System system;
    const auto text = "/lib/modules/6.1.0/179.ko\n/lib/modules/6.1.0/100.ko\n";
    RepackOptions options{.level = 5};
    options.hot = HotList::parse(as_bytes(text));
    repack(system, options);
    const auto repository = system.open();
    const auto commit = repository.branches().find("main")->commit;
    const auto tree = tree::load_commit(repository, commit).tree;
    const auto place = [&](const char* path) {
        const auto found = tree::find(repository, tree, path);
        return repository.index().find(std::get<tree::File>(found.entry->node).content).value();
    };
    const auto first = place("/lib/modules/6.1.0/179.ko");
    const auto second = place("/lib/modules/6.1.0/100.ko");
    EXPECT_EQ(first.frame, second.frame);
    EXPECT_LT(first.offset, second.offset);
    EXPECT_FALSE(needs_dictionary(first.frame));
    EXPECT_NE(place("/lib/modules/6.1.0/101.ko").frame, first.frame);
}

TEST(Repack, IsEstimatedWithoutAChange) {
    const System system;
    const auto packs = system.packs();
    const auto estimate = estimate_repack(system.open(), {.level = 5}, silent_reporter());
    EXPECT_EQ(system.packs(), packs);
    const auto done = repack(system);
    EXPECT_EQ(estimate.objects, done.objects);
    EXPECT_NEAR(
        static_cast<double>(estimate.bytes_after),
        static_cast<double>(done.bytes_after),
        static_cast<double>(done.bytes_after) / 5
    );
}

TEST(Repack, DoesNothingToADamagedRepository) {
    const System system;
    const auto packs = system.packs();
    for (const auto& name : packs) {
        const auto path = system.root / "packs" / pack_file_name(name);
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        const auto file = open_file(path, O_RDWR);
        pwrite_all(file.get(), 40, as_bytes("damage"), "pack");
    }
    EXPECT_THROW(repack(system), Error);
    EXPECT_EQ(system.packs(), packs);
}

TEST(Repack, RemovesPacksThatNothingIsReadFrom) {
    const System system;
    repack(system);
    const auto packs = system.packs();
    {
        // As a run that died leaves them: the objects are elsewhere.
        PackWriter writer(system.root / "packs", PackMaking{5, layout_version});
        FrameEncoder encoder(5);
        FrameDraft draft;
        draft.add(Kind::chunk, sha256(as_bytes("busybox")), as_bytes("busybox"));
        writer.add(encoder.encode(std::move(draft)));
        writer.finish();
    }
    system.open().adopt_packs();
    EXPECT_EQ(system.packs().size(), packs.size() + 1);
    repack(system);
    EXPECT_EQ(system.packs(), packs);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

GcReport collect(const System& system) {
    GcOptions options;
    options.now = 100 * 86'400;
    options.reflog_age = std::chrono::seconds(0);
    options.grace = std::chrono::seconds(0);
    return store::collect(system.root, options, silent_reporter());
}

void remove_branch(const System& system, std::string_view name) {
    const auto repository = system.open();
    const auto tip = repository.branches().find(name).value().commit;
    repository.branches().remove(name, tip, {2, "test", "test"});
}

TEST(CollectingDictionaries, KeepsThemForAsLongAsFramesNeedThem) {
    const System system;
    system.import_modules("other", 5000);
    repack(system);
    const auto before = everything(system.open());
    EXPECT_EQ(collect(system).objects_dead, 0U);
    EXPECT_EQ(everything(system.open()), before);
    EXPECT_EQ(dictionaries_in(system), 1U);

    // Half of it goes: packs are written anew, and what is left of them needs the dictionary.
    remove_branch(system, "other");
    EXPECT_GT(collect(system).objects_dead, 0U);
    EXPECT_EQ(dictionaries_in(system), 1U);
    EXPECT_THAT(system.check().problems, IsEmpty());

    remove_branch(system, "main");
    collect(system);
    collect(system); // the first has taken the frames that needed it
    EXPECT_EQ(dictionaries_in(system), 0U);
    EXPECT_THAT(system.check().problems, IsEmpty());
}

TEST(Fsck, NamesTheFramesThatALostDictionaryTakesWithIt) {
    const System system;
    repack(system);
    Digest dictionary;
    Location place;
    system.open().index().each([&](const Digest& id, const Location& location) {
        if (location.kind == dictionary_kind) {
            dictionary = id;
            place = location;
        }
    });
    const auto name = system.open().pack(place.pack)->name();
    const auto path = system.root / "packs" / pack_file_name(name);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const auto file = open_file(path, O_RDWR);
    pwrite_all(
        file.get(), place.frame.offset + place.frame.stored_length / 2, as_bytes("x"), "pack"
    );
    const auto report = system.check();
    EXPECT_THAT(
        report.problems,
        Contains(
            testing::Field(&Problem::fact, testing::HasSubstr("dictionary " + dictionary.hex()))
        )
    );
    EXPECT_THAT(report.damaged_packs, Contains(name));
}

} // namespace
} // namespace slipway::store
