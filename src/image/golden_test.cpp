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

TEST(GoldenImage, OfAnEmptyTree) { // rule 2
    MemoryObjects objects;
    const auto tree = objects.add(tree::Directory{.attributes = {.mode = 0755}, .entries = {}});
    expect_golden("empty", describe(objects, tree));
}

} // namespace
} // namespace slipway::image
