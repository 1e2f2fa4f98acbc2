#include "formats/scan.h"

#include <fstream>
#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/memory_store_test.h"
#include "formats/test_tree_test.h"
#include "tree/walk.h"

namespace slipway::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void write_text(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

ScanResult
scan_into(MemoryStore& store, const std::filesystem::path& source, ScanOptions options = {}) {
    StatCache cache;
    return scan(source, options, store, cache, silent_reporter());
}

std::vector<std::string>
names(const MemoryStore& store, const Digest& tree, std::string_view path) {
    std::vector<std::string> found;
    const auto directory = tree::find(store, tree, path).directory.value();
    for (const auto& entry : directory.entries) {
        found.push_back(entry.name);
    }
    return found;
}

std::string content(const MemoryStore& store, const Digest& tree, std::string_view path) {
    const auto entry = tree::find(store, tree, path).entry;
    const auto blob = tree::open_file(store, std::get<tree::File>(entry->node));
    return std::string(as_text(read_all(*blob, 1U << 30U)));
}

/// Does something to the source when the first payload is asked for: after the walk.
class Meddling final : public tree::Ingest {
public:
    Meddling(MemoryStore& store, std::function<void()> meddle)
        : store_(store), meddle_(std::move(meddle)) {}

    void add_small(std::uint64_t size, ReadSmall read, Done done) override {
        meddle_once();
        store_.add_small(size, std::move(read), std::move(done));
    }

    void add_long(const std::function<void(Feed&)>& push, Done done) override {
        meddle_once();
        store_.add_long(push, std::move(done));
    }

    Digest add_object(tree::Kind kind, Buffer encoded) override {
        return store_.add_object(kind, std::move(encoded));
    }

    bool holds(const tree::File& file) override { return store_.holds(file); }

    void settle() override {}

private:
    void meddle_once() {
        if (auto meddle = std::exchange(meddle_, nullptr)) {
            meddle();
        }
    }

    MemoryStore& store_;
    std::function<void()> meddle_;
};

ScanResult scan_meddled(
    MemoryStore& store,
    const std::filesystem::path& source,
    const ScanOptions& options,
    std::function<void()> meddle
) {
    Meddling ingest(store, std::move(meddle));
    StatCache cache;
    return scan(source, options, ingest, cache, silent_reporter());
}

/// Runs `test` in a process that is not root; 0 if it returned true.
int as_nobody(const std::function<bool()>& test) {
    const auto child = fork();
    if (child == 0) {
        const auto is_nobody = setgid(65534) == 0 && setuid(65534) == 0;
        _exit(is_nobody && test() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

TEST(Scan, KeepsEveryKindOfMetadata) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_everything(source);
    MemoryStore store;
    const auto result = scan_into(store, source);

    const auto entry = [&](const char* path) {
        return *tree::find(store, result.tree, path).entry;
    };
    EXPECT_EQ(entry("setuid").attributes.mode, 06755U);
    EXPECT_EQ(entry("owned").attributes.uid, 12345U);
    EXPECT_EQ(entry("owned").attributes.gid, 54321U);
    EXPECT_EQ(entry("plain").attributes.mtime, (tree::Time{-631152000, 500000000}));
    EXPECT_EQ(entry("link").node, tree::Node(tree::Symlink{"some/target"}));
    EXPECT_EQ(entry("block").node, tree::Node(tree::Device{tree::DeviceKind::block, 259, 70000}));
    EXPECT_EQ(entry("socket").node, tree::Node(tree::Socket{}));
    EXPECT_EQ(entry("fifo").node, tree::Node(tree::Fifo{}));
    EXPECT_EQ(entry("capable").attributes.xattrs.at(0).name, "security.capability");
    EXPECT_EQ(entry("acl").attributes.xattrs.at(0).name, "system.posix_acl_access");
    EXPECT_EQ(entry("link").attributes.xattrs, (std::vector<tree::Xattr>{{"trusted.link", "t"}}));
    EXPECT_THAT(entry("xattrs").attributes.xattrs, SizeIs(7));
    const auto empty = tree::find(store, result.tree, "empty").directory->attributes;
    EXPECT_THAT(empty.xattrs, SizeIs(2));
    EXPECT_EQ(empty.mtime.nanoseconds, 999999999U);
}

TEST(Scan, CountsLikeFind) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_everything(source);
    MemoryStore store;
    const auto result = scan_into(store, source);
    EXPECT_EQ(
        std::to_string(result.entries) + "\n", run_script(source, "find . -printf 'x\n' | wc -l")
    );
    EXPECT_EQ(
        std::to_string(result.files) + "\n",
        run_script(source, "find . -type f -printf '%i\n' | sort -u | wc -l")
    );
    EXPECT_THAT(result.skipped, IsEmpty());
}

TEST(Scan, NamesALinkGroupAfterItsFirstMemberByComponents) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(
        source,
        "mkdir a a-b; echo x > a-b/x; ln a-b/x a/z; ln a-b/x b; echo y > alone; "
        "ln alone ../outside"
    );
    MemoryStore store;
    const auto result = scan_into(store, source);
    const auto link = [&](const char* path) {
        return tree::find(store, result.tree, path).entry->link;
    };
    EXPECT_EQ(link("a/z"), tree::LinkId::of_path("/a/z"));
    EXPECT_EQ(link("a-b/x"), link("a/z"));
    EXPECT_EQ(link("b"), link("a/z"));
    EXPECT_EQ(link("alone"), std::nullopt) << "its other name is outside";
    EXPECT_EQ(store.payloads_added, 2U) << "a file with several names is read once";
}

TEST(Scan, DoesNotSeeHoles) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(
        source, "truncate -s 2M f; printf x | dd of=f bs=1 seek=1000000 conv=notrunc status=none"
    );
    MemoryStore store;
    const auto sparse = scan_into(store, source).tree;
    run_script(
        source,
        "touch -r f ../stamp; touch -r . ../top; cp --sparse=never f g; mv g f; "
        "touch -r ../stamp f; touch -r ../top ."
    );
    EXPECT_EQ(scan_into(store, source).tree, sparse);
}

TEST(Scan, ReadsATwentyGigabyteHole) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(source, "truncate -s 20G huge; printf end >> huge");
    MemoryStore store;
    const auto result = scan_into(store, source);
    EXPECT_EQ(result.bytes, (20ULL << 30U) + 3);
    const auto file = std::get<tree::File>(tree::find(store, result.tree, "huge").entry->node);
    EXPECT_LE(tree::load_chunk_list(store, file.content).runs.size(), 2U);
}

TEST(Scan, ReadsNothingTheStatCacheKnows) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(source, "echo a > a; head -c 400000 /dev/urandom > b; ln a c");
    usleep(50'000); // the files are older than the scan
    MemoryStore store;
    const auto scan_cached = [&] {
        StatCache cache(directory / "cache", source);
        const auto result = scan(source, {}, store, cache, silent_reporter());
        cache.save();
        return result;
    };
    const auto first = scan_cached();
    EXPECT_EQ(first.files_read, 2U);
    const auto second = scan_cached();
    EXPECT_EQ(second.files_read, 0U);
    EXPECT_EQ(second.tree, first.tree);
    EXPECT_EQ(store.payloads_added, 2U);
    write_text(source / "a", "b\n");
    EXPECT_EQ(scan_cached().files_read, 1U);

    MemoryStore other; // holds nothing yet
    StatCache cache(directory / "cache", source);
    EXPECT_EQ(scan(source, {}, other, cache, silent_reporter()).files_read, 2U);
}

TEST(Scan, LeavesOutWhatPatternsExclude) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(
        source, "mkdir -p var/cache/deep usr; touch var/cache/deep/x usr/a.pyc usr/b usr/c.py"
    );
    MemoryStore store;
    ScanOptions options;
    options.exclude = {"/var/cache", "*.pyc"};
    const auto result = scan_into(store, source, options);
    EXPECT_THAT(names(store, result.tree, "/var"), IsEmpty());
    EXPECT_THAT(names(store, result.tree, "/usr"), ElementsAre("b", "c.py"));
}

TEST(Scan, MakesMountPointsEmptyUnlessAsked) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(source, "mkdir there bound; echo x > under; mkdir some; echo y > some/thing");
    ASSERT_EQ(mount("none", (source / "there").c_str(), "tmpfs", 0, nullptr), 0);
    ASSERT_EQ(
        mount((source / "some").c_str(), (source / "bound").c_str(), "", MS_BIND, nullptr), 0
    );
    write_text(source / "there" / "file", "x");
    MemoryStore store;
    const auto one = scan_into(store, source).tree;
    ScanOptions options;
    options.filesystems = ScanOptions::Filesystems::all;
    const auto all = scan_into(store, source, options).tree;
    const auto from_inside = scan_into(store, source / "there").tree;
    umount((source / "there").c_str());
    umount((source / "bound").c_str());
    EXPECT_THAT(names(store, one, "there"), IsEmpty());
    EXPECT_THAT(names(store, one, "bound"), IsEmpty());
    EXPECT_THAT(names(store, all, "there"), ElementsAre("file"));
    EXPECT_THAT(names(store, all, "bound"), ElementsAre("thing"));
    EXPECT_THAT(names(store, from_inside, "/"), ElementsAre("file"));
}

TEST(Scan, NoticesAFileThatChangesWhileItIsRead) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    for (const auto* text : {"longer than before", "s", "same!"}) {
        write_text(source / "file", "short");
        MemoryStore store;
        const auto meddle = [&] { write_text(source / "file", text); };
        try {
            scan_meddled(store, source, {}, meddle);
            FAIL() << "not noticed: " << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::unavailable);
            EXPECT_THAT(error.report(), HasSubstr("/file changed while it was read"));
            EXPECT_THAT(error.report(), HasSubstr("--allow-changing"));
        }
    }
}

TEST(Scan, TakesAChangingFileAsItIsThenIfAllowed) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    ScanOptions options;
    options.changing = ScanOptions::Changing::allow;
    const std::string large(400'000, 'l');
    for (const auto& text : {std::string("longer than before"), std::string("s"), large}) {
        write_text(source / "file", "short");
        MemoryStore store;
        const auto meddle = [&] { write_text(source / "file", text); };
        const auto result = scan_meddled(store, source, options, meddle);
        EXPECT_THAT(result.skipped, ElementsAre(HasSubstr("/file changed while it was read")));
        EXPECT_EQ(content(store, result.tree, "file"), text);
    }
}

TEST(Scan, NoticesALongFileThatShrinks) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    write_text(source / "file", std::string(3'000'000, 'x'));
    MemoryStore store;
    const auto meddle = [&] { ASSERT_EQ(truncate((source / "file").c_str(), 1'000'000), 0); };
    EXPECT_THROW(scan_meddled(store, source, {}, meddle), Error);
}

TEST(Scan, NoticesAFileThatVanishesOrBecomesALink) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    ScanOptions allowing;
    allowing.changing = ScanOptions::Changing::allow;
    for (const auto* script :
         {"rm file", "rm file; ln -s /etc/passwd file", "rm file; mkfifo file"}) {
        run_script(source, "rm -f file; echo x > file");
        MemoryStore store;
        const auto meddle = [&] { run_script(source, script); };
        EXPECT_THROW(scan_meddled(store, source, {}, meddle), Error) << script;
        run_script(source, "rm -f file; echo x > file");
        const auto result = scan_meddled(store, source, allowing, meddle);
        EXPECT_THAT(result.skipped, SizeIs(1)) << script;
        EXPECT_THAT(names(store, result.tree, "/"), IsEmpty()) << script;
    }
}

TEST(Scan, RefusesOrSkipsWhatCannotBeRead) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    chmod(directory.path().c_str(), 0755);
    const auto source = directory.make("source");
    run_script(source, "echo x > open; echo x > shut; chmod 0 shut; mkdir dir; chmod 0 dir");
    EXPECT_EQ(
        as_nobody([&] {
            MemoryStore store;
            try {
                scan_into(store, source);
                return false;
            } catch (const Error& error) {
                return error.fault() == Fault::refused &&
                       error.report().find("source/") != std::string::npos;
            }
        }),
        0
    );
    EXPECT_EQ(
        as_nobody([&] {
            MemoryStore store;
            ScanOptions options;
            options.unreadable = ScanOptions::Unreadable::skip;
            const auto result = scan_into(store, source, options);
            return result.skipped.size() == 2 &&
                   names(store, result.tree, "/") == std::vector<std::string>{"open"};
        }),
        0
    );
}

TEST(Scan, TellsThatASourceIsMissingOrNoDirectory) {
    const TestDirectory directory;
    MemoryStore store;
    write_text(directory / "file", "x");
    for (const auto* name : {"missing", "file"}) {
        try {
            scan_into(store, directory / name);
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::not_found);
        }
    }
}

TEST(Scan, GoesDeeperThanPathsCan) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_nested(source, std::string(100, 'd'), 300);
    MemoryStore store;
    const auto result = scan_into(store, source);
    EXPECT_EQ(result.entries, 302U);
    std::string path;
    for (int i = 0; i < 300; ++i) {
        path += "/" + std::string(100, 'd');
    }
    EXPECT_EQ(content(store, result.tree, path + "/bottom"), "deep");
}

TEST(Scan, TakesAHundredThousandEntriesInOneDirectory) {
    const TestDirectory directory;
    const auto source = directory.make("source");
    const auto at = open_file(source, O_RDONLY | O_DIRECTORY);
    run_script(source, "echo x > even; echo y > odd"); // links: a filesystem makes them fast
    for (int i = 0; i < 99'998; ++i) {
        const auto name = fmt::format("entry-{}", i);
        const auto* first = i % 2 == 0 ? "even" : "odd";
        ASSERT_EQ(linkat(at.get(), first, at.get(), name.c_str(), 0), 0);
    }
    MemoryStore store;
    const auto result = scan_into(store, source);
    EXPECT_EQ(result.entries, 100'001U);
    EXPECT_EQ(result.files, 2U);
    EXPECT_EQ(tree::find(store, result.tree, "odd").entry->link, tree::LinkId::of_path("/entry-1"));
}

} // namespace
} // namespace slipway::formats
