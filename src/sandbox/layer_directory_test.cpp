#include "sandbox/layer_directory.h"

#include <optional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway::sandbox {
namespace {

TEST(LayersDirectory, IsItsOwnAndGoesWithIt) {
    const TemporaryDirectory parent;
    std::optional<LayerDirectory> one(parent.path() / "layers");
    const LayerDirectory other(parent.path() / "layers");
    EXPECT_NE(one->path(), other.path());
    const auto path = one->path();
    EXPECT_TRUE(std::filesystem::is_empty(path));
    one.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(std::filesystem::exists(other.path()));
}

TEST(LayersDirectory, OfADeadProcessIsRemovedByTheNext) {
    const TemporaryDirectory parent;
    const auto child = fork();
    if (child == 0) {
        const LayerDirectory left(parent.path());
        replace_file(left.path() / "file", as_bytes("x"));
        _exit(0); // as if killed: nothing is cleaned up
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(std::filesystem::is_empty(parent.path()));
    const LayerDirectory mine(parent.path());
    const std::filesystem::directory_iterator begin(parent.path());
    EXPECT_EQ(std::distance(begin, {}), 1);
}

} // namespace
} // namespace slipway::sandbox
