#include "formats/packages/packages.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/zstd.h"
#include "formats/packages/databases.h"
#include "tree/codec.h"
#include "tree/memory_contents.h"

namespace slipway::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = PackageChange::Kind;

template <typename Parse>
std::string refusal(const Parse& parse) {
    try {
        parse();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
        return error.what();
    }
    return "nothing was refused";
}

TEST(DpkgStatus, ListsThePackagesWhoseFilesAreThere) {
    EXPECT_THAT(
        parse_dpkg_status(as_bytes("Package: bash\n"
                                   "Status: install ok installed\n"
                                   "Architecture: amd64\n"
                                   "Version: 5.2.15-2+b7\n"
                                   "Description: a shell\n"
                                   " Version: 9\n"
                                   " .\n"
                                   "\n\n"
                                   "package: half\n"
                                   "Status: install ok half-configured\n"
                                   "version:1\n"
                                   "\n"
                                   "Package: gone\n"
                                   "Status: deinstall ok config-files\n"
                                   "Version: 1\n"
                                   "\n"
                                   "Package: never\n"
                                   "Status: unknown ok not-installed\n")),
        ElementsAre(Package{"bash", "5.2.15-2+b7", "amd64"}, Package{"half", "1", ""})
    );
    EXPECT_THAT(parse_dpkg_status(as_bytes("")), IsEmpty());
    EXPECT_THAT(
        refusal([] { parse_dpkg_status(as_bytes("Version: 1\n")); }),
        HasSubstr("a package has no name")
    );
}

TEST(ApkInstalled, ListsPackages) {
    EXPECT_THAT(
        parse_apk_installed(as_bytes("C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld.so\n\n"
                                     "P:busybox\nV:1.36.1-r29\nA:x86_64\n\n")),
        ElementsAre(
            Package{"musl", "1.2.5-r0", "x86_64"}, Package{"busybox", "1.36.1-r29", "x86_64"}
        )
    );
    EXPECT_THAT(refusal([] { parse_apk_installed(as_bytes("V:1\n")); }), HasSubstr("no name"));
}

TEST(PacmanDesc, TellsThePackage) {
    const auto* const text =
        "%NAME%\nlinux\n\n%VERSION%\n6.9.1.arch1-1\n\n%BASE%\nlinux\n\n%ARCH%\nx86_64\n";
    EXPECT_EQ(parse_pacman_desc(as_bytes(text)), (Package{"linux", "6.9.1.arch1-1", "x86_64"}));
    EXPECT_THAT(
        refusal([] { parse_pacman_desc(as_bytes("%NAME%\nx\n")); }), HasSubstr("no version")
    );
    EXPECT_THAT(refusal([] { parse_pacman_desc(as_bytes("%NAME%")); }), HasSubstr("no name"));
}

/// rpm's database after rpm has installed four packages; how it was made is told beside it.
Buffer golden_rpmdb() {
    const auto* source = std::getenv("SLIPWAY_SOURCE"); // NOLINT(concurrency-mt-unsafe)
    const std::filesystem::path root = source == nullptr ? "." : source;
    const auto frame = read_file(root / "tests/golden/packages/rpmdb.sqlite.zst", 1U << 20U);
    MemorySource in(frame);
    DecompressingSource raw(in);
    Buffer database(1U << 20U);
    database.resize(read_fully(raw, database));
    return database;
}

TEST(RpmSqlite, ListsWhatRpmHasInstalled) {
    EXPECT_THAT(
        parse_rpm_sqlite(golden_rpmdb()),
        testing::UnorderedElementsAre(
            Package{"plain", "1.0-1", "noarch"},
            Package{"epoch", "2:3.4~rc1-5.el9", "noarch"},
            Package{"kernel", "5.14.0-427.el9", "x86_64"},
            Package{"kernel", "5.14.0-503.el9", "x86_64"}
        )
    );
    EXPECT_THAT(parse_rpm_sqlite({}), IsEmpty());
}

TEST(RpmSqlite, RefusesADamagedDatabase) {
    const auto whole = golden_rpmdb();
    EXPECT_THAT(
        refusal([&] { parse_rpm_sqlite(to_buffer(as_bytes("no database, but long enough"))); }),
        HasSubstr("cannot be read")
    );
    auto cut = whole;
    cut.resize(whole.size() / 2);
    EXPECT_THAT(refusal([&] { parse_rpm_sqlite(cut); }), HasSubstr("rpm: "));
    // Whatever byte is wrong: it is read or refused, and nothing worse.
    for (std::size_t at = 0; at < whole.size(); at += 509) {
        auto damaged = whole;
        damaged[at] ^= std::byte{0xff};
        try {
            parse_rpm_sqlite(damaged);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::corrupt) << "byte " << at << ": " << error.what();
        }
    }
}

/// A header of entries and data.
Buffer header(const std::vector<std::array<std::uint32_t, 4>>& entries, std::string_view data) {
    Buffer blob;
    const auto add = [&](std::uint32_t value) {
        for (const auto shift : {24U, 16U, 8U, 0U}) {
            blob.push_back(static_cast<std::byte>(value >> shift));
        }
    };
    add(static_cast<std::uint32_t>(entries.size()));
    add(static_cast<std::uint32_t>(data.size()));
    for (const auto& entry : entries) {
        std::for_each(entry.begin(), entry.end(), add);
    }
    const auto bytes = as_bytes(data);
    blob.insert(blob.end(), bytes.begin(), bytes.end());
    return blob;
}

TEST(RpmHeader, IsCheckedBeforeItIsUsed) {
    using namespace std::string_view_literals;
    const auto parse = [](const Buffer& blob) { return refusal([&] { parse_rpm_header(blob); }); };
    EXPECT_EQ(
        parse_rpm_header(header({{1000, 6, 0, 1}, {1001, 6, 2, 1}}, "a\0001\0"sv)),
        (Package{"a", "1", ""})
    );
    EXPECT_THAT(parse({}), HasSubstr("too short"));
    EXPECT_THAT(parse(Buffer(8, std::byte{0xff})), HasSubstr("wrong size"));
    EXPECT_THAT(parse(header({}, "")), HasSubstr("no name"));
    EXPECT_THAT(parse(header({{1000, 6, 0, 1}}, "abc")), HasSubstr("no end"));
    EXPECT_THAT(parse(header({{1000, 6, 4, 1}}, "abc")), HasSubstr("past its end"));
    EXPECT_THAT(parse(header({{1000, 6, 0, 0}}, "a\0"sv)), HasSubstr("past its end"));
    EXPECT_THAT(parse(header({{1000, 4, 0, 1}}, "a\0"sv)), HasSubstr("no name"));
    EXPECT_THAT(
        parse(header({{1000, 6, 0, 1}, {1001, 6, 0, 1}, {1003, 4, 1, 1}}, "a\0"sv)),
        HasSubstr("cut off")
    );
}

/// A tree with these files; their directories come by themselves.
class TreeMaker {
public:
    Digest make(const std::map<std::string, Buffer>& files) {
        const std::filesystem::path root = "/";
        std::map<std::filesystem::path, std::vector<tree::Entry>> below{{root, {}}};
        for (const auto& [name, bytes] : files) {
            const std::filesystem::path path = name;
            below[path.parent_path()].push_back(
                {path.filename(), tree::File{bytes.size(), contents.put(bytes)}, {}, {}}
            );
            for (auto above = path.parent_path(); above != root; above = above.parent_path()) {
                below[above.parent_path()];
            }
        }
        while (below.size() > 1) {
            const auto deepest =
                std::max_element(below.begin(), below.end(), [](const auto& a, const auto& b) {
                    return depth(a.first) < depth(b.first);
                });
            const auto path = deepest->first;
            const auto id = put(deepest->second);
            below.erase(path);
            below[path.parent_path()].push_back({path.filename(), tree::Subdirectory{id}, {}, {}});
        }
        return put(below.at(root));
    }

    tree::MemoryContents contents;

private:
    static std::ptrdiff_t depth(const std::filesystem::path& path) {
        return std::distance(path.begin(), path.end());
    }

    Digest put(std::vector<tree::Entry> entries) {
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
            return a.name < b.name;
        });
        return contents.put(tree::encode(tree::Directory{{}, std::move(entries)}));
    }
};

Buffer text(std::string_view bytes) {
    return to_buffer(as_bytes(bytes));
}

TEST(ReadPackages, FindsTheDatabasesOfEachFamily) {
    TreeMaker maker;
    const auto tree = maker.make(
        {{"/var/lib/dpkg/status", text("Package: b\nVersion: 1\n\nPackage: a\nVersion: 2\n")},
         {"/var/lib/dpkg/status.d/c", text("Package: c\nVersion: 3\n")},
         {"/var/lib/dpkg/status.d/c.md5sums", text("abc  usr/bin/c\n")},
         {"/usr/lib/sysimage/rpm/rpmdb.sqlite", golden_rpmdb()},
         {"/lib/apk/db/installed", text("P:musl\nV:1\n\n")},
         {"/var/lib/pacman/local/ALPM_DB_VERSION", text("9\n")},
         {"/var/lib/pacman/local/x-1-1/desc", text("%NAME%\nx\n%VERSION%\n1-1\n")},
         {"/var/lib/rpm/Packages", text("Berkeley")}}
    );
    const auto databases = read_packages(maker.contents, tree);
    ASSERT_THAT(databases.lists, SizeIs(4));
    EXPECT_EQ(databases.lists[0].family, PackageFamily::deb);
    EXPECT_THAT(
        databases.lists[0].packages,
        ElementsAre(Package{"a", "2", ""}, Package{"b", "1", ""}, Package{"c", "3", ""})
    );
    EXPECT_THAT(databases.lists[1].packages, SizeIs(4));
    EXPECT_THAT(databases.lists[2].packages, ElementsAre(Package{"musl", "1", ""}));
    EXPECT_THAT(databases.lists[3].packages, ElementsAre(Package{"x", "1-1", ""}));
    EXPECT_THAT(databases.unread, ElementsAre("/var/lib/rpm/Packages"));
    EXPECT_THAT(read_packages(maker.contents, maker.make({})).lists, IsEmpty());
}

TEST(PackageChanges, SayWhatBecameOfEachPackage) {
    const PackageDatabases before{
        {{PackageFamily::deb,
          {{"down", "2", "amd64"},
           {"gone", "1", "amd64"},
           {"same", "1", "amd64"},
           {"turned", "1", "all"},
           {"up", "9", "amd64"},
           {"up", "9", "i386"}}}},
        {}};
    const PackageDatabases after{
        {{PackageFamily::deb,
          {{"down", "1", "amd64"},
           {"new", "1", "amd64"},
           {"same", "1", "amd64"},
           {"turned", "1", "amd64"},
           {"up", "10", "amd64"},
           {"up", "10", "i386"}}}},
        {}};
    std::string lines;
    for (const auto& change : compare_packages(before, after)) {
        lines += std::string(kind_name(change.kind)) + " " + change.name() + "\n";
    }
    EXPECT_EQ(
        lines,
        "downgraded down\nremoved gone\nadded new\nchanged turned\nupgraded up\nupgraded up\n"
    );
}

TEST(PackageChanges, PairNoneOfSeveralVersionsByGuessing) {
    const auto of = [](std::vector<Package> packages) {
        return PackageDatabases{{{PackageFamily::rpm, std::move(packages)}}, {}};
    };
    const Package old{"kernel", "1-1", "x86_64"};
    const Package middle{"kernel", "2-1", "x86_64"};
    const Package latest{"kernel", "3-1", "x86_64"};
    EXPECT_THAT(
        compare_packages(of({old, middle}), of({middle, latest})),
        ElementsAre(PackageChange{Kind::upgraded, PackageFamily::rpm, old, latest})
    );
    EXPECT_THAT(
        compare_packages(of({old}), of({middle, latest})),
        ElementsAre(
            PackageChange{Kind::removed, PackageFamily::rpm, old, std::nullopt},
            PackageChange{Kind::added, PackageFamily::rpm, std::nullopt, middle},
            PackageChange{Kind::added, PackageFamily::rpm, std::nullopt, latest}
        )
    );
}

TEST(PackageChanges, ReadNothingThatIsEqualInBothTrees) {
    TreeMaker maker;
    const auto damaged = text("Version: 1\n"); // would be refused
    const auto before = maker.make({{"/var/lib/dpkg/status", damaged}, {"/x", text("1")}});
    const auto after = maker.make({{"/var/lib/dpkg/status", damaged}, {"/x", text("2")}});
    std::vector<std::string> unread;
    EXPECT_THAT(package_changes(maker.contents, before, after, unread), IsEmpty());
    EXPECT_THROW(package_changes(maker.contents, std::nullopt, after, unread), Error);
    const auto with = maker.make({{"/lib/apk/db/installed", text("P:musl\nV:1\n\n")}});
    EXPECT_THAT(package_changes(maker.contents, std::nullopt, with, unread), SizeIs(1));
    EXPECT_THAT(unread, IsEmpty());
}

} // namespace
} // namespace slipway::formats
