#include "formats/open_directories.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/remove_tree.h"
#include "formats/test_tree_test.h"

namespace slipway::formats {
namespace {

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(OpenDirectories, HoldsFewDescriptorsHoweverManyDirectoriesThereAre) {
    const TestDirectory directory;
    const auto top = directory.make("top");
    make_nested(top, "d", 1000);
    OpenDirectories directories(open_file(top, O_RDONLY | O_DIRECTORY), top.native());
    std::vector<OpenDirectories::Id> chain{OpenDirectories::root};
    for (int i = 0; i < 1000; ++i) {
        chain.push_back(directories.add(chain.back(), "d"));
    }
    const auto before = open_descriptors();
    for (auto id = chain.rbegin(); id != chain.rend(); ++id) {
        EXPECT_TRUE(directories.try_get(*id));
    }
    EXPECT_LE(open_descriptors(), before + 128);
}

TEST(OpenDirectories, FollowsNoLink) {
    const TestDirectory directory;
    const auto top = directory.make("top");
    std::filesystem::create_symlink("/etc", top / "etc");
    OpenDirectories directories(open_file(top, O_RDONLY | O_DIRECTORY), top.native());
    const auto etc = directories.add(OpenDirectories::root, "etc");
    EXPECT_FALSE(directories.try_get(etc));
    EXPECT_EQ(directories.path(etc, "passwd"), top.native() + "/etc/passwd");
}

TEST(RemoveTree, RemovesWhatIsDeepReadOnlyAndLinked) {
    const TestDirectory directory;
    const auto top = directory.make("top");
    const auto kept = directory.make("kept");
    run_script(kept, "echo x > file");
    make_nested(top, std::string(200, 'd'), 300);
    run_script(
        top,
        "mkdir -p a/b; ln -s ../../kept a/link; ln -s ../kept link; echo x > a/b/f; chmod 0 a/b a"
    );
    EXPECT_TRUE(remove_tree(AT_FDCWD, top.native()));
    EXPECT_FALSE(std::filesystem::exists(top));
    EXPECT_TRUE(std::filesystem::exists(kept / "file"));
}

} // namespace
} // namespace slipway::formats
