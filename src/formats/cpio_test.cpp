#include "formats/cpio.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/cpio_reader.h"
#include "formats/memory_store_test.h"
#include "tree/content.h"

namespace slipway::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A newc member: "mode inode links" and its bytes.
struct Spec {
    std::string name;
    std::string data;
    std::uint32_t mode = 0100644;
    std::uint32_t inode = 1;
    std::uint32_t links = 1;
};

void pad(std::string& text) {
    text.resize((text.size() + 3) / 4 * 4);
}

std::string archive_of(const std::vector<Spec>& members, bool with_end = true) {
    auto all = members;
    if (with_end) {
        all.push_back({"TRAILER!!!", "", 0, 0, 1});
    }
    std::string text;
    for (const auto& [name, data, mode, inode, links] : all) {
        text += fmt::format(
            "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}",
            inode,
            mode,
            7,
            8,
            links,
            1000,
            data.size(),
            0,
            0,
            0,
            0,
            name.size() + 1,
            0
        );
        text += name;
        text += '\0';
        pad(text);
        text += data;
        pad(text);
    }
    return text;
}

class Cpio : public testing::Test {
protected:
    tree::Directory read(const std::string& archive) {
        MemorySource source(as_bytes(archive));
        result = read_cpio(source, store, silent_reporter());
        return tree::load_directory(store, result.tree);
    }

    std::string failure_of(const std::string& archive) {
        try {
            read(archive);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::corrupt);
            return error.what();
        }
        return "none";
    }

    MemoryStore store;
    ScanResult result;
};

TEST_F(Cpio, ReadsOwnersModesAndPayload) {
    const auto root = read(archive_of({{"a", "hello", 0104755}}));
    ASSERT_EQ(root.entries.size(), 1U);
    const auto& entry = root.entries.front();
    EXPECT_EQ(entry.attributes.mode, 04755U);
    EXPECT_EQ(entry.attributes.uid, 7U);
    EXPECT_EQ(entry.attributes.gid, 8U);
    EXPECT_EQ(entry.attributes.mtime.seconds, 1000);
    EXPECT_EQ(std::get<tree::File>(entry.node).size, 5U);
}

TEST_F(Cpio, GivesLinkedNamesThePayloadThatComesWithTheLast) {
    const auto root = read(archive_of({{"a", "", 0100644, 5, 2}, {"b", "late", 0100644, 5, 2}}));
    ASSERT_EQ(root.entries.size(), 2U);
    EXPECT_TRUE(root.entries[0].link);
    EXPECT_EQ(root.entries[0].link, root.entries[1].link);
    EXPECT_EQ(std::get<tree::File>(root.entries[0].node).size, 4U);
    EXPECT_EQ(result.files, 1U);
}

TEST_F(Cpio, LetsTheSecondArchiveReplaceWhatTheFirstHas) {
    auto two = archive_of({{"a", "old"}, {"b", "b"}});
    two.append(512, '\0');
    two += archive_of({{"a", "longer"}});
    const auto root = read(two);
    ASSERT_EQ(root.entries.size(), 2U);
    EXPECT_EQ(std::get<tree::File>(root.entries[0].node).size, 6U);
}

TEST_F(Cpio, DoesNotTakeInodesOfTwoArchivesForLinks) {
    const auto root =
        read(archive_of({{"a", "x", 0100644, 5, 2}}) + archive_of({{"b", "y", 0100644, 5, 2}}));
    EXPECT_FALSE(root.entries[0].link);
}

TEST_F(Cpio, SaysWhereAnArchiveIsCutOff) {
    const auto whole = archive_of({{"first", "hello"}, {"second", "x"}});
    EXPECT_EQ(
        failure_of(archive_of({{"first", "x"}}, false)), "the cpio archive is cut off after first"
    );
    for (std::size_t size = 1; size < whole.size() - 4; ++size) {
        EXPECT_THAT(failure_of(whole.substr(0, size)), HasSubstr("the cpio archive")) << size;
    }
}

TEST_F(Cpio, RefusesWhatFollowsAnArchiveAndIsNone) {
    EXPECT_EQ(
        failure_of(archive_of({{"a", "x"}}) + "something else"),
        "the cpio archive is followed by something else after a"
    );
}

TEST_F(Cpio, RefusesImpossibleHeaders) {
    auto damaged = archive_of({{"a", "x"}});
    damaged[20] = 'z';
    EXPECT_THAT(failure_of(damaged), HasSubstr("is damaged"));
    EXPECT_THAT(failure_of(archive_of({{"a", "x", 0170644}})), HasSubstr("impossible mode"));
}

} // namespace
} // namespace slipway::formats
