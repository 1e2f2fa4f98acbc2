// The promise that an image is the same bytes everywhere and in every version of this program.
//
// tests/golden/image/ holds the digests. A test that fails here means that every image changes, and
// with it every verity root hash: that takes a new layout version (docs/format/image.md, rule 2).
// To accept new digests, run with SLIPWAY_ACCEPT=1 in the environment.
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "image/image.h"
#include "image/test_trees.h"

namespace slipway::image {
namespace {

std::string setting(const char* name, const char* otherwise) {
    const auto* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): one thread
    return value == nullptr ? otherwise : value;
}

/// One line a fact: what the tree is, its image's size and digest, its verity root hash.
std::string describe(const MemoryObjects& objects, const Digest& tree) {
    const VirtualImage image(make_layout(objects, tree), objects);
    return fmt::format(
        "tree {}\nsize {}\nimage {}\nverity {}\n",
        tree.hex(),
        image.size(),
        sha256(read_all(image, 1U << 30U)).hex(),
        make_verity(image, verity_salt(tree)).root_hash.hex()
    );
}

void expect_golden(const std::string& name, const std::string& found) {
    const auto path = setting("SLIPWAY_SOURCE", ".") + "/tests/golden/image/" + name;
    if (setting("SLIPWAY_ACCEPT", "0") == "1") {
        replace_file(path, as_bytes(found));
    }
    EXPECT_EQ(as_text(read_file(path)), found) << path;
}

TEST(GoldenImage, OfATreeOfEverything) { // rule 2
    MemoryObjects objects;
    const auto tree = add_tree_of_everything(objects);
    expect_golden("everything", describe(objects, tree));
}

/// The bytes from `offset` on, in hexadecimal.
std::string hex(ConstBytes image, std::size_t offset, std::size_t length) {
    std::string text;
    for (const auto byte : image.subspan(offset, length)) {
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return text;
}

TEST(GoldenImage, IsTheWorkedExampleOfItsSpecification) {
    MemoryObjects objects;
    const auto tree = objects.add(tree::Directory{.attributes = {.mode = 0755}, .entries = {}});
    const auto metadata = make_layout(objects, tree).metadata;
    const ConstBytes image = *metadata;
    ASSERT_EQ(image.size(), 4096U);
    EXPECT_EQ(hex(image, 1024, 16), "e2e1f5e03112d882030000000c002400");
    EXPECT_EQ(hex(image, 1040, 8), "0100000000000000");
    EXPECT_EQ(hex(image, 1060, 4), "01000000");
    EXPECT_EQ(hex(image, 1072, 16), "277ee85439278037b077969895805068");
    EXPECT_EQ(
        hex(image, 1152, 16),
        "0500"
        "0000"
        "ed41"
        "0000"
        "1b00000000000000"
    );
    EXPECT_EQ(hex(image, 1172, 4), "01000000");
    EXPECT_EQ(hex(image, 1196, 4), "02000000");
    EXPECT_EQ(
        hex(image, 1216, 12),
        "2400000000000000"
        "1800"
        "0200"
    );
    EXPECT_EQ(
        hex(image, 1228, 12),
        "2400000000000000"
        "1900"
        "0200"
    );
    EXPECT_EQ(hex(image, 1240, 4), "2e2e2e00");
}

TEST(GoldenImage, OfAnEmptyTree) { // rule 2
    MemoryObjects objects;
    const auto tree = objects.add(tree::Directory{.attributes = {.mode = 0755}, .entries = {}});
    expect_golden("empty", describe(objects, tree));
}

} // namespace
} // namespace slipway::image
