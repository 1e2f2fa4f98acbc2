#include "tree/codec.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::tree {
namespace {

using testing::HasSubstr;

/// The Fault of the Error that `act` throws, whose message holds `text`.
template <typename Act>
Fault fault_of(Act act, std::string_view text) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr(text));
        return error.fault();
    }
    ADD_FAILURE() << "nothing was refused, but should have been: " << text;
    return Fault::internal;
}

/// Refused by the encoder for breaking a rule.
template <typename Value>
void expect_refused(const Value& value, std::string_view text) {
    EXPECT_EQ(fault_of([&] { encode(value); }, text), Fault::usage);
}

/// Refused by a decoder.
template <typename Decode>
void expect_corrupt(Decode decode, std::string_view bytes, std::string_view text) {
    EXPECT_EQ(fault_of([&] { decode(as_bytes(bytes)); }, text), Fault::corrupt);
}

std::byte hex_byte(const std::string& digits) {
    return static_cast<std::byte>(std::stoi(digits, nullptr, 16));
}

/// A golden file: hexadecimal bytes; '#' begins a comment.
Buffer golden(const std::string& name) {
    const auto* source = std::getenv("SLIPWAY_SOURCE");
    const auto root = std::filesystem::path(source == nullptr ? "." : source);
    std::ifstream file(root / "tests/golden/objects" / name);
    EXPECT_TRUE(file.is_open()) << name;
    Buffer bytes;
    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.size(), line.find('#')));
        std::erase(line, ' ');
        for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
            bytes.push_back(hex_byte(line.substr(i, 2)));
        }
    }
    return bytes;
}

std::string hex(ConstBytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte) >> 4U];
        text += digits[std::to_integer<std::size_t>(byte) & 15U];
    }
    return text;
}

// The worked examples of docs/format/objects.md.

Directory example_directory() {
    const Attributes plain{0644, 0, 0, {1700000000, 0}, {}};
    Directory directory{{0755, 0, 0, {1700000000, 500}, {}}, {}};
    directory.entries = {
        {"bin", Symlink{"usr/bin"}, {0777, 0, 0, {-1, 0}, {}}, {}},
        {"empty", File{}, plain, {}},
        {"null", Device{DeviceKind::character, 1, 3}, {0666, 0, 0, {0, 0}, {}}, {}},
        {"ping",
         File{6, sha256(as_bytes("hello\n"))},
         {0755, 0, 300, {0, 0}, {{"user.note", "hi"}}},
         LinkId::of_path("/ping")},
        {"usr", Subdirectory{sha256(as_bytes("x"))}, {}, {}},
    };
    return directory;
}

ChunkList example_list() {
    return {{{262144, sha256(as_bytes("one"))}, {65536, {}}, {100, sha256(as_bytes("two"))}}};
}

Commit example_commit() {
    Commit commit;
    commit.tree = sha256(as_bytes("tree"));
    commit.parents = {sha256(as_bytes("parent"))};
    commit.author = "Ada Lovelace <ada@example.org>";
    commit.time = 1700000000;
    commit.facts = {{"kernel.version", "6.1.0-13-amd64"}, {"os.version", "12 (bookworm)"}};
    commit.message = "Import Debian 12\n";
    return commit;
}

TEST(Codec, EncodesTheExamplesOfItsDocument) {
    EXPECT_EQ(hex(encode(example_directory())), hex(golden("directory.hex")));
    EXPECT_EQ(hex(encode(example_list())), hex(golden("chunks.hex")));
    EXPECT_EQ(hex(encode(example_commit())), hex(golden("commit.hex")));
}

TEST(Codec, DecodesTheExamplesOfItsDocument) {
    EXPECT_EQ(decode_directory(golden("directory.hex")), example_directory());
    EXPECT_EQ(decode_chunk_list(golden("chunks.hex")), example_list());
    EXPECT_EQ(decode_commit(golden("commit.hex")), example_commit());
}

// Rule E4.
TEST(Codec, RefusesBytesBehindTheEnd) {
    for (const auto* name : {"directory.hex", "chunks.hex"}) {
        auto bytes = golden(name);
        bytes.push_back(std::byte{0});
        const auto decode = name[0] == 'd' ? +[](ConstBytes all) { decode_directory(all); }
                                           : +[](ConstBytes all) { decode_chunk_list(all); };
        EXPECT_EQ(fault_of([&] { decode(bytes); }, "1 bytes follow"), Fault::corrupt);
    }
}

TEST(Codec, RefusesEveryEncodingThatEndsEarly) {
    const auto directory = golden("directory.hex");
    for (std::size_t size = 0; size < directory.size(); ++size) {
        EXPECT_THROW(decode_directory(ConstBytes(directory).first(size)), Error) << size;
    }
    const auto list = golden("chunks.hex");
    for (std::size_t size = 0; size < list.size(); ++size) {
        EXPECT_THROW(decode_chunk_list(ConstBytes(list).first(size)), Error) << size;
    }
    const auto commit = golden("commit.hex");
    const auto message = commit.size() - example_commit().message.size();
    for (std::size_t size = 0; size < message; ++size) {
        EXPECT_THROW(decode_commit(ConstBytes(commit).first(size)), Error) << size;
    }
}

// Rule E5.
TEST(Codec, RefusesAVersionItDoesNotKnow) {
    expect_corrupt(decode_directory, "slipway directory 2\n", "not a directory of a known version");
    expect_corrupt(decode_chunk_list, "slipway chunks 2\n", "not a chunk list of a known version");
    expect_corrupt(decode_commit, "slipway commit 2\n", "not a commit of a known version");
}

// Directories.

Directory with(Entry entry) {
    return {{}, {std::move(entry)}};
}

Directory with(Attributes attributes) {
    return {std::move(attributes), {}};
}

/// A directory object with default attributes and `count` entries encoded in `entries`.
std::string directory_bytes(char count, const std::string& entries) {
    return "slipway directory 1\n" + std::string(6, '\0') + count + entries;
}

const std::string no_attributes(6, '\0');

// Rules D2 and D3.
TEST(DirectoryCodec, RefusesAttributesThatNoInodeHas) {
    expect_refused(with(Attributes{010000, 0, 0, {}, {}}), "mode 10000");
    expect_refused(with(Attributes{0, 0, 0, {0, 1000000000}, {}}), "nanoseconds are a second");
}

// Rule D2.
TEST(DirectoryCodec, RefusesOwnersOver32Bits) {
    const std::string wide = "\x80\x80\x80\x80\x10";
    const auto end = std::string(5, '\0');
    const std::string begin = "slipway directory 1\n";
    expect_corrupt(decode_directory, begin + '\0' + wide + end, "4294967296 is over 32 bits");
}

// Rule D4.
TEST(DirectoryCodec, RefusesExtendedAttributesOverTheirLimits) {
    const auto with_xattr = [](std::string name, std::string value) {
        return with(Attributes{0, 0, 0, {}, {{std::move(name), std::move(value)}}});
    };
    EXPECT_NO_THROW(encode(with_xattr(std::string(255, 'n'), std::string(65536, 'v'))));
    expect_refused(with_xattr(std::string(256, 'n'), ""), "names no extended attribute");
    expect_refused(with_xattr("", ""), "names no extended attribute");
    expect_refused(with_xattr(std::string("a\0b", 3), ""), "'a\\x00b' names no");
    expect_refused(with_xattr("n", std::string(65537, 'v')), "has 65537 bytes");
}

// Rule D5.
TEST(DirectoryCodec, RefusesExtendedAttributesOutOfOrder) {
    expect_refused(with(Attributes{0, 0, 0, {}, {{"b", ""}, {"a", ""}}}), "'a' is out of order");
    expect_refused(with(Attributes{0, 0, 0, {}, {{"a", ""}, {"a", "x"}}}), "'a' is out of order");
}

// Rule D6.
TEST(DirectoryCodec, RefusesNamesThatNoFileHas) {
    expect_refused(with(Entry{"", Fifo{}, {}, {}}), "file name '' is empty");
    expect_refused(with(Entry{"a/b", Fifo{}, {}, {}}), "file name 'a/b' holds a slash");
    expect_refused(with(Entry{std::string("a\0", 2), Fifo{}, {}, {}}), "holds a NUL");
    expect_refused(with(Entry{".", Fifo{}, {}, {}}), "is reserved");
    expect_refused(with(Entry{"..", Fifo{}, {}, {}}), "is reserved");
    expect_refused(with(Entry{std::string(256, 'x'), Fifo{}, {}, {}}), "longer than 255");
    EXPECT_NO_THROW(encode(with(Entry{std::string(255, '\xff'), Fifo{}, {}, {}})));
    expect_corrupt(
        decode_directory,
        directory_bytes(1, std::string("\1/\5", 3) + no_attributes),
        "file name '/' holds a slash"
    );
}

// Rule D7: as unsigned bytes, so 0xff comes after 'a'.
TEST(DirectoryCodec, RefusesEntriesOutOfOrder) {
    const Entry a{"a", Fifo{}, {}, {}};
    const Entry high{"\xff", Fifo{}, {}, {}};
    EXPECT_NO_THROW(encode(Directory{{}, {a, high}}));
    expect_refused(Directory{{}, {high, a}}, "entry 'a' is out of order");
    expect_refused(Directory{{}, {a, a}}, "entry 'a' is out of order");
    const auto fifo = std::string("\1a\5", 3) + no_attributes;
    expect_corrupt(decode_directory, directory_bytes(2, fifo + fifo), "entry 'a' is out of order");
}

// Rule D8.
TEST(DirectoryCodec, RefusesUnknownTypes) {
    for (const char type : {'\x07', '\x08', '\x40', '\x7f'}) {
        const auto entry = std::string("\1a") + type + no_attributes + std::string(40, '\0');
        expect_corrupt(decode_directory, directory_bytes(1, entry), "unknown type");
    }
}

// Rule D9.
TEST(DirectoryCodec, RefusesASubdirectoryWithLinkOrAttributes) {
    const auto* message = "a subdirectory has a link id or attributes";
    expect_refused(with(Entry{"a", Subdirectory{}, {}, LinkId{}}), message);
    expect_refused(with(Entry{"a", Subdirectory{}, {0755, 0, 0, {}, {}}, {}}), message);
    const auto entry = std::string("\1a\x81", 3) + std::string(16 + 32, '\0');
    expect_corrupt(decode_directory, directory_bytes(1, entry), message);
}

// Rule D10.
TEST(DirectoryCodec, RefusesFilesWhoseSizeCannotBe) {
    expect_refused(with(Entry{"a", File{largest_file + 1, {}}, {}, {}}), "too long");
    expect_refused(with(Entry{"a", File{0, sha256({})}, {}, {}}), "empty file names a content");
    EXPECT_NO_THROW(encode(with(Entry{"a", File{largest_file, {}}, {}, {}})));
}

// Rule D11.
TEST(DirectoryCodec, RefusesTargetsThatNoLinkHas) {
    expect_refused(with(Entry{"a", Symlink{""}, {}, {}}), "no target");
    expect_refused(with(Entry{"a", Symlink{std::string("x\0y", 3)}, {}, {}}), "no target");
    expect_refused(with(Entry{"a", Symlink{std::string(4096, 'x')}, {}, {}}), "no target");
    EXPECT_NO_THROW(encode(with(Entry{"a", Symlink{std::string(4095, 'x')}, {}, {}})));
}

// Rule E2.
TEST(DirectoryCodec, RefusesIntegersThatAreLongerThanNeeded) {
    const auto begin = std::string("slipway directory 1\n");
    expect_corrupt(decode_directory, begin + "\x80" + std::string(7, '\0'), "shortest form");
}

TEST(DirectoryCodec, TakesACountItCannotHoldForTruncation) {
    const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    const auto begin = "slipway directory 1\n" + std::string(6, '\0');
    expect_corrupt(decode_directory, begin + huge, "ends early");
}

// Rule E6.
TEST(DirectoryCodec, RefusesMoreThan64MiB) {
    Directory directory;
    const Xattr xattr{"user.big", std::string(longest_xattr_value, 'x')};
    for (int i = 0; i < 1024; ++i) {
        const auto name = "file" + std::to_string(1000 + i);
        directory.entries.push_back({name, Fifo{}, {0, 0, 0, {}, {xattr}}, {}});
    }
    expect_refused(directory, "1024 entries is too large");
    expect_corrupt(decode_directory, std::string(largest_object + 1, '\0'), "67108865 bytes");
}

// Rule D6.
TEST(CheckName, SaysWhatIsWrong) {
    EXPECT_NO_THROW(check_name("..."));
    EXPECT_EQ(fault_of([] { check_name("a\nb/"); }, "'a\\x0ab/' holds a slash"), Fault::usage);
}

// Rule D13: `printf %s /usr/bin/perl | sha256sum | cut -c1-32`.
TEST(LinkIdentity, IsTheHashOfAPath) {
    const auto id = LinkId::of_path("/usr/bin/perl");
    EXPECT_EQ(hex(std::as_bytes(std::span(id.bytes))), "615f227d035819edeaceedd36514e1f7");
}

// Chunk lists.

const Digest one = sha256(as_bytes("one"));
constexpr std::uint64_t mebibyte = 1ULL << 20U;

ChunkList runs(std::vector<Run> list) {
    return {std::move(list)};
}

// Rule L2.
TEST(ChunkListCodec, RefusesChunksThatNoCutMakes) {
    expect_refused(runs({{mebibyte, one}, {0, one}}), "no chunk has 0 bytes");
    expect_refused(runs({{mebibyte + 1, one}}), "no chunk has 1048577 bytes");
    EXPECT_NO_THROW(encode(runs({{mebibyte, one}})));
}

// Rule L3.
TEST(ChunkListCodec, RefusesZerosThatNoCutMakes) {
    expect_refused(runs({{mebibyte, one}, {65535, {}}}), "no run of zeros has 65535 bytes");
    expect_refused(runs({{mebibyte, one}, {65537, {}}, {1, one}}), "has 65537 bytes");
    expect_refused(runs({{mebibyte - 1, one}, {65536, {}}}), "at offset 1048575");
    EXPECT_NO_THROW(encode(runs({{mebibyte, one}, {65537, {}}})));
    EXPECT_NO_THROW(encode(runs({{mebibyte, {}}, {1, one}})));
}

// Rule L4.
TEST(ChunkListCodec, RefusesZerosAfterZeros) {
    expect_refused(runs({{mebibyte, {}}, {mebibyte, {}}}), "zeros follow zeros at offset 1048576");
}

// Rule L5.
TEST(ChunkListCodec, RefusesASmallChunkWithinASegment) {
    expect_refused(runs({{65536, one}, {mebibyte, one}}), "65536 bytes is cut too early");
    EXPECT_NO_THROW(encode(runs({{65537, one}, {mebibyte, one}, {1, one}})));
    EXPECT_NO_THROW(encode(runs({{65536, one}, {mebibyte, {}}, {1, one}})));
}

// Rule L6.
TEST(ChunkListCodec, RefusesFilesOfOneChunkAndFilesWithoutEnd) {
    expect_refused(runs({}), "0 bytes has a chunk list");
    expect_refused(runs({{262144, one}}), "262144 bytes has a chunk list");
    EXPECT_NO_THROW(encode(runs({{largest_file, {}}})));
    expect_refused(runs({{largest_file, {}}, {1, one}}), "too long");
    EXPECT_EQ(runs({{5, one}, {7, {}}}).size(), 12U);
}

TEST(ChunkListCodec, RefusesWhatBreaksARuleWhenItDecodes) {
    expect_corrupt(decode_chunk_list, std::string("slipway chunks 1\n\1\1", 19), "0 bytes");
}

// Commits.

/// The example with `from` replaced by `to`.
std::string commit_with(std::string_view from, std::string_view to) {
    const auto bytes = encode(example_commit());
    std::string text(as_text(bytes));
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// Rule C1.
TEST(CommitCodec, RefusesLinesOutOfPlace) {
    expect_corrupt(decode_commit, commit_with("tree ", "Tree "), "no 'tree '");
    expect_corrupt(decode_commit, commit_with("author ", "mood good\nauthor "), "no 'author '");
    expect_corrupt(decode_commit, commit_with("fact os", "mood os"), "unknown line");
}

// Rule C2.
TEST(CommitCodec, RefusesNamesOfObjectsThatAreNone) {
    expect_corrupt(decode_commit, commit_with("tree d", "tree D"), "is no object's name");
    auto commit = example_commit();
    commit.parents.push_back(commit.parents.front());
    expect_refused(commit, "is named twice");
}

// Rule C3.
TEST(CommitCodec, RefusesAuthorsThatAreNoLineOfText) {
    for (const auto* author : {"a\nb", "\x1b[31m", "\x7f", "\xc2\x9b", "tab\t"}) {
        auto commit = example_commit();
        commit.author = author;
        expect_refused(commit, "newline or control character");
    }
    auto commit = example_commit();
    commit.author = "\xff";
    expect_refused(commit, "author is not UTF-8");
}

// Rule C4.
TEST(CommitCodec, WritesTimesFromYear1To9999) {
    const auto time_line = [](std::int64_t time) {
        auto commit = example_commit();
        commit.time = time;
        const auto bytes = encode(commit);
        EXPECT_EQ(decode_commit(bytes).time, time);
        const auto text = as_text(bytes);
        return std::string(text.substr(text.find("time ") + 5, 20));
    };
    EXPECT_EQ(time_line(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(time_line(-1), "1969-12-31T23:59:59Z");
    EXPECT_EQ(time_line(951782400), "2000-02-29T00:00:00Z");
    EXPECT_EQ(time_line(-62135596800), "0001-01-01T00:00:00Z");
    EXPECT_EQ(time_line(253402300799), "9999-12-31T23:59:59Z");
    auto commit = example_commit();
    commit.time = 253402300800;
    expect_refused(commit, "outside the years 1 to 9999");
}

// Rule C4.
TEST(CommitCodec, RefusesTimesThatNoClockShows) {
    const auto* time = "2023-11-14T22:13:20Z";
    for (const auto* wrong :
         {"2023-02-29T22:13:20Z",
          "2023-13-14T22:13:20Z",
          "2023-11-14T24:13:20Z",
          "2023-11-14T22:13:60Z",
          "2023-11-14T22:13:20",
          "2023-11-14 22:13:20Z",
          "+023-11-14T22:13:20Z",
          "2023-11-14T22:13:20Z "}) {
        expect_corrupt(decode_commit, commit_with(time, wrong), "is no time");
    }
    expect_corrupt(decode_commit, commit_with("2023", "0000"), "outside the years");
}

// Rule C5.
TEST(CommitCodec, RefusesFactsThatAreNone) {
    const auto* fact = "fact os.version=12 (bookworm)";
    expect_corrupt(decode_commit, commit_with(fact, "fact os"), "has no value");
    expect_corrupt(decode_commit, commit_with(fact, "fact =x"), "names no fact");
    expect_corrupt(decode_commit, commit_with(fact, "fact OS=x"), "names no fact");
    expect_corrupt(decode_commit, commit_with(fact, "fact a=x"), "'a' is out of order");
    EXPECT_EQ(decode_commit(as_bytes(commit_with(fact, "fact os=a=b"))).facts[1].value, "a=b");
}

// Rule C6.
TEST(CommitCodec, KeepsTheMessageAsItIs) {
    for (const std::string message : {"", "\n\n", "no end", "tree x\n\nparent y\n", "\ttab\n"}) {
        auto commit = example_commit();
        commit.message = message;
        EXPECT_EQ(decode_commit(encode(commit)), commit);
    }
    auto commit = example_commit();
    commit.message = "\xed\xa0\x80";
    expect_refused(commit, "message is not UTF-8");
}

// Rule E6.
TEST(CommitCodec, RefusesMoreThan1MiB) {
    auto commit = example_commit();
    const auto rest = encode(commit).size() - commit.message.size();
    commit.message.assign(largest_commit - rest, 'x');
    EXPECT_EQ(decode_commit(encode(commit)), commit);
    commit.message += 'x';
    expect_refused(commit, "1048577 bytes is too large");
}

} // namespace
} // namespace slipway::tree
