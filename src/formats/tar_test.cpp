#include "formats/tar.h"

#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/memory_store_test.h"
#include "formats/tar_writer.h"
#include "formats/test_tree_test.h"
#include "tree/walk.h"

namespace slipway::formats {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// An archive in memory.
class MemorySink final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

Digest scan_tree(MemoryStore& store, const std::filesystem::path& source) {
    StatCache cache;
    return scan(source, {}, store, cache, silent_reporter()).tree;
}

ScanResult read_bytes(MemoryStore& store, ConstBytes archive) {
    MemorySource source(archive);
    return read_tar(source, store, silent_reporter());
}

ScanResult read_archive(MemoryStore& store, const std::filesystem::path& path) {
    const auto file = open_file(path, O_RDONLY);
    DescriptorSource source(file.get(), path.native());
    return read_tar(source, store, silent_reporter());
}

Buffer write_bytes(const MemoryStore& store, const Digest& tree) {
    MemorySink sink;
    write_tar(store, tree, sink, silent_reporter());
    return std::move(sink.bytes);
}

Member member(char type, std::string path, std::string link = {}) {
    Member made;
    made.type = type;
    made.path = std::move(path);
    made.link = std::move(link);
    made.mode = type == '5' ? 0755 : 0644;
    return made;
}

/// An archive of these members; a file's payload is its own path.
Buffer archive_of(std::vector<Member> members) {
    MemorySink sink;
    TarWriter writer(sink);
    for (auto& each : members) {
        if (each.type == '0') {
            each.size = each.path.size();
        }
        writer.begin(each);
        if (each.type == '0') {
            writer.payload(as_bytes(each.path));
            writer.end_payload();
        }
    }
    writer.finish();
    return std::move(sink.bytes);
}

std::string content(const MemoryStore& store, const Digest& tree, std::string_view path) {
    const auto entry = tree::find(store, tree, path).entry;
    return std::string(
        as_text(read_all(*tree::open_file(store, std::get<tree::File>(entry->node)), 1U << 20U))
    );
}

Fault fault_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.fault();
    }
    return Fault::internal;
}

/// The tree with every kind of metadata, less what GNU tar leaves out: sockets, links of fifos.
class TarOfEverything : public testing::Test {
protected:
    void SetUp() override {
        SKIP_UNLESS_ROOT();
        source = directory.make("source");
        make_everything(source);
        run_script(
            source,
            "touch -r . ../top; touch -r dir ../dir; rm socket dir/fifo; "
            "touch -r ../top .; touch -r ../dir dir"
        );
        tree = scan_tree(store, source);
    }

    TestDirectory directory;
    std::filesystem::path source;
    MemoryStore store;
    Digest tree;
};

TEST_F(TarOfEverything, IsTheTreeThatAScanGives) {
    for (const auto* options :
         {"--format=posix",
          "--format=posix --sparse",
          "--format=posix --sparse --sparse-version=0.0",
          "--format=posix --sparse --sparse-version=0.1",
          "--format=posix --numeric-owner"}) {
        run_script(source, fmt::format("tar --xattrs --acls {} -cf ../archive.tar .", options));
        const auto result = read_archive(store, directory / "archive.tar");
        EXPECT_EQ(result.tree, tree) << options;
        EXPECT_THAT(result.skipped, SizeIs(0));
    }
}

TEST_F(TarOfEverything, SurvivesWritingAndReading) {
    const auto archive = write_bytes(store, tree);
    EXPECT_EQ(read_bytes(store, archive).tree, tree);
    EXPECT_EQ(write_bytes(store, tree), archive);
    EXPECT_LT(archive.size(), 8U << 20U) << "holes take no room";
}

TEST_F(TarOfEverything, IsExtractedByGnuTarAsItWas) {
    replace_file(directory / "archive.tar", write_bytes(store, tree));
    directory.make("target");
    run_script(
        directory / "target",
        "tar --xattrs --xattrs-include='*' --acls --numeric-owner "
        "-xpf ../archive.tar 2> ../messages"
    );
    EXPECT_EQ(describe(directory / "target"), describe(source));
}

TEST_F(TarOfEverything, ComesInEveryCompression) {
    for (const auto* program : {"gzip", "xz -0", "zstd", "bzip2 -1"}) {
        run_script(
            source, fmt::format("tar --xattrs --acls -S -cf - . | {} > ../archive", program)
        );
        EXPECT_EQ(read_archive(store, directory / "archive").tree, tree) << program;
        run_script(source, "truncate -s -100 ../archive");
        EXPECT_EQ(fault_of([&] { read_archive(store, directory / "archive"); }), Fault::corrupt)
            << program;
    }
}

TEST(Tar, ReadsOlderFormats) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(
        source,
        "long=dir/$(printf 'd%.0s' {1..90}); mkdir -p $long; echo x > $long/$(printf 'f%.0s' "
        "{1..90}); "
        "ln -s $(printf 't%.0s' {1..99}) link; ln link dir/link; truncate -s 9M holes; "
        "for i in {1..60}; do printf $i | dd of=holes bs=1 seek=$((i * 100000)) conv=notrunc "
        "status=none; done; chown 70000:3000000 holes; "
        "find . -depth -exec touch -h -d @1000000000 {} +"
    );
    MemoryStore store;
    const auto tree = scan_tree(store, source);
    for (const auto* format : {"gnu", "gnu --sparse", "oldgnu --sparse", "ustar", "v7"}) {
        const std::string options(format);
        if (options == "ustar" || options == "v7") { // what they cannot hold
            run_script(
                source,
                "chown 0:0 holes; touch -d @1000000000 holes; rm -rf link dir/link; touch -d "
                "@1000000000 . dir"
            );
        }
        if (options == "v7") {
            run_script(source, "rm -rf dir/d*; touch -d @1000000000 dir");
        }
        run_script(source, "tar --format=" + options + " -cf ../archive.tar .");
        EXPECT_EQ(read_archive(store, directory / "archive.tar").tree, scan_tree(store, source))
            << format;
    }
    EXPECT_NE(tree, scan_tree(store, source));
}

TEST(Tar, GivesMissingDirectoriesPlainAttributes) {
    MemoryStore store;
    const auto tree = read_bytes(store, archive_of({member('0', "/a/./b//c")})).tree;
    const auto found = tree::find(store, tree, "/a/b");
    EXPECT_EQ(found.directory->attributes, (tree::Attributes{0755, 0, 0, {}, {}}));
    EXPECT_EQ(content(store, tree, "/a/b/c"), "/a/./b//c");
}

TEST(Tar, LetsALaterMemberReplaceAnEarlierOne) {
    MemoryStore store;
    const auto tree = read_bytes(
                          store,
                          archive_of(
                              {member('0', "file"),
                               member('1', "kept", "file"),
                               member('0', "./file"),
                               member('5', "dir"),
                               member('0', "dir/x"),
                               member('5', "dir/"),
                               member('2', "link", "dir"),
                               member('5', "link"),
                               member('0', "link/in"),
                               member('5', "empty"),
                               member('2', "empty", "x")}
                          )
    )
                          .tree;
    EXPECT_EQ(content(store, tree, "file"), "./file");
    EXPECT_EQ(content(store, tree, "kept"), "file") << "the link holds what was replaced";
    EXPECT_EQ(tree::find(store, tree, "kept").entry->link, std::nullopt);
    EXPECT_EQ(content(store, tree, "dir/x"), "dir/x");
    EXPECT_EQ(content(store, tree, "link/in"), "link/in");
}

TEST(Tar, RefusesMembersThatLeaveTheRoot) {
    const std::vector<std::vector<Member>> hostile{
        {member('0', "../x")},
        {member('0', "a/../../x")},
        {member('0', "/../x")},
        {member('5', "..")},
        {member('2', "link", "/etc"), member('0', "link/passwd")},
        {member('2', "link", "."), member('5', "link/dir")},
        {member('0', "file"), member('0', "file/below")},
        {member('1', "link", "/etc/passwd")},
        {member('1', "link", "../outside")},
        {member('2', "away", "/etc"), member('1', "link", "away/passwd")},
        {member('5', "dir"), member('1', "link", "dir")},
        {member('0', "dir/file"), member('0', "dir")},
        {member('0', ".")},
        {member('0', std::string(256, 'n'))},
        {member('0', std::string("a\0b", 3) + std::string(100, 'x'))},
    };
    for (const auto& members : hostile) {
        MemoryStore store;
        EXPECT_EQ(fault_of([&] { read_bytes(store, archive_of(members)); }), Fault::refused)
            << members.back().path;
    }
}

TEST(Tar, RefusesAbsurdSizes) {
    for (const auto size : {1ULL << 40U, 1ULL << 62U, (1ULL << 62U) + 1, ~0ULL}) {
        auto huge = member('0', "huge");
        huge.size = size;
        MemorySink sink;
        TarWriter writer(sink);
        writer.begin(huge);
        writer.payload(as_bytes("not so much"));
        MemoryStore store;
        EXPECT_EQ(fault_of([&] { read_bytes(store, sink.bytes); }), Fault::corrupt) << size;
    }
    for (const auto size : {(1ULL << 62U) + 1, 100ULL}) {
        auto holes = member('0', "holes");
        holes.size = size;
        MemorySink sink;
        TarWriter writer(sink);
        writer.begin_sparse(holes, {{101, 0}, {size, 0}});
        writer.end_payload();
        writer.finish();
        MemoryStore store;
        EXPECT_EQ(fault_of([&] { read_bytes(store, sink.bytes); }), Fault::corrupt) << size;
    }
}

TEST(Tar, RefusesAnArchiveCutOffAnywhere) {
    auto long_named = member('0', std::string(120, 'l') + "/" + std::string(120, 'n'));
    long_named.xattrs = {{"user.x", std::string(1000, 'v')}};
    const auto whole = archive_of({member('5', "dir"), long_named, member('0', "last")});
    for (std::size_t size = 0; size < whole.size() - tar_block; size += 64) {
        MemoryStore store;
        const auto part = ConstBytes(whole).first(size);
        EXPECT_EQ(fault_of([&] { read_bytes(store, part); }), Fault::corrupt) << size;
    }
}

TEST(Tar, RefusesWhatIsNoArchive) {
    MemoryStore store;
    for (const auto& text : {std::string(), std::string("hello"), std::string(2000, 'x')}) {
        EXPECT_EQ(fault_of([&] { read_bytes(store, as_bytes(text)); }), Fault::corrupt);
    }
}

TEST(Tar, KeepsEveryByteOfNames) {
    MemoryStore store;
    const std::string odd = "e\u0301\xff\n" + std::string(200, '\xfe');
    const auto archive =
        archive_of({member('0', odd), member('2', "link", odd), member('0', "\u00e9")});
    const auto tree = read_bytes(store, archive).tree;
    EXPECT_EQ(content(store, tree, odd), odd);
    EXPECT_EQ(tree::find(store, tree, "link").entry->node, tree::Node(tree::Symlink{odd}));
    EXPECT_EQ(read_bytes(store, write_bytes(store, tree)).tree, tree);
}

TEST(Tar, ReadsTheAttributesOfLibarchive) {
    MemorySink sink;
    std::string records;
    append_pax(records, "LIBARCHIVE.xattr.user.a%3db", "AAEC/w");
    append_pax(records, "RHT.security.selinux", "a:b:c");
    auto extension = member('x', "PaxHeader/file");
    extension.size = records.size();
    TarWriter writer(sink);
    writer.begin(extension);
    writer.payload(as_bytes(records));
    writer.end_payload();
    writer.begin(member('0', "file"));
    writer.finish();
    MemoryStore store;
    const auto tree = read_bytes(store, sink.bytes).tree;
    EXPECT_EQ(
        tree::find(store, tree, "file").entry->attributes.xattrs,
        (std::vector<tree::Xattr>{
            {"security.selinux", std::string("a:b:c\0", 6)},
            {"user.a=b", std::string("\0\1\2\xff", 4)}})
    );
}

TEST(Tar, LeavesOutAnAclOfSomebodyUnknown) {
    auto file = member('0', "file");
    file.access_acl = "user::rw-,user:nobody-of-this-name:r--,group::r--,mask::r--,other::---";
    MemoryStore store;
    const auto result = read_bytes(store, archive_of({file}));
    EXPECT_THAT(result.skipped, testing::ElementsAre(HasSubstr("the ACL of file")));
    EXPECT_EQ(tree::find(store, result.tree, "file").entry->attributes.mode, 0644U);
}

} // namespace
} // namespace slipway::formats
