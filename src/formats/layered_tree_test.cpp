#include "formats/layered_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"

namespace slipway::formats {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LayeredTreeTest : public testing::Test {
protected:
    void add(const std::string& path) {
        Draft::Inode file;
        file.mode = S_IFREG | 0644;
        tree.place(path, tree.draft().add_inode(file));
    }

    std::vector<std::string> names_in(const std::string& path) {
        return tree.names(static_cast<Draft::FolderId>(tree.directory(path).detail));
    }

    LayeredTree tree;
};

TEST_F(LayeredTreeTest, HidesWhatTheLayersBelowHave) {
    add("etc/old");
    add("etc/kept");
    tree.begin_layer();
    tree.hide("etc/old");
    EXPECT_THAT(names_in("etc"), UnorderedElementsAre("kept"));
}

TEST_F(LayeredTreeTest, HidesNothingOfTheSameLayer) {
    add("etc/old");
    tree.begin_layer();
    add("etc/new");
    tree.hide("etc/new");
    tree.hide_content("etc");
    EXPECT_THAT(names_in("etc"), UnorderedElementsAre("new"));
}

TEST_F(LayeredTreeTest, KeepsWhatALayerPutsIntoADirectoryThatItHides) {
    add("a/b/old");
    tree.begin_layer();
    add("a/b/new");
    tree.hide("a");
    EXPECT_THAT(names_in("a/b"), UnorderedElementsAre("new"));
}

TEST_F(LayeredTreeTest, LetsAFileReplaceADirectoryOfTheLayerBelow) {
    add("a/file");
    tree.begin_layer();
    add("a");
    EXPECT_TRUE(S_ISREG(tree.find(Draft::root, "a")->mode));
}

TEST_F(LayeredTreeTest, RefusesAFileInPlaceOfADirectoryOfTheSameLayer) {
    add("a/file");
    EXPECT_THROW(add("a"), Error);
}

TEST_F(LayeredTreeTest, HidesWhatIsNotThere) {
    tree.begin_layer();
    tree.hide("gone/deeper");
    EXPECT_THAT(names_in("gone"), IsEmpty());
    EXPECT_THROW(tree.hide("../up"), Error);
}

} // namespace
} // namespace slipway::formats
