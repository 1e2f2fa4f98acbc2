#include "sandbox/package_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace slipway::sandbox {
namespace {

using testing::ElementsAre;

std::optional<PackageManager> manager_of(const Texts& files) {
    tree::MemoryContents nothing;
    tree::StagedObjects objects(nothing);
    const auto tree = put_tree(objects, files);
    tree::TreeReader reader(objects, tree);
    return find_package_manager(reader);
}

TEST(PackageManagerOfATree, IsKnownByItsProgram) {
    EXPECT_EQ(manager_of({{"/usr/bin/dpkg", ""}, {"/usr/bin/apt-get", ""}})->name, "apt");
    EXPECT_EQ(manager_of({{"/usr/bin/apt-get", ""}, {"/usr/bin/rpm", ""}})->name, "apt-rpm");
    EXPECT_EQ(manager_of({{"/usr/bin/dnf-3", ""}, {"/usr/bin/dnf", "-> dnf-3"}})->name, "dnf");
    EXPECT_EQ(manager_of({{"/usr/bin/zypper", ""}})->name, "zypper");
    EXPECT_EQ(manager_of({{"/sbin", "-> usr/bin"}, {"/usr/bin/apk", ""}})->name, "apk");
    EXPECT_EQ(manager_of({{"/usr/bin/pacman", ""}})->name, "pacman");
    EXPECT_FALSE(manager_of({{"/usr/bin/true", ""}}));
}

TEST(PackageManagerOfATree, IsToldWhatToInstall) {
    const auto manager = *manager_of({{"/sbin/apk", ""}});
    EXPECT_THAT(
        commands_to_add(manager, {"nano", "vim=1"}),
        ElementsAre(ElementsAre("/sbin/apk", "add", "-U", "nano", "vim=1"))
    );
    EXPECT_THAT(
        manager_of({{"/usr/bin/zypper", ""}})->upgrade,
        ElementsAre(
            ElementsAre("/usr/bin/zypper", "-n", "refresh"),
            ElementsAre("/usr/bin/zypper", "-n", "update")
        )
    );
}

TEST(PackageManagerOfATree, IsToldNoOptionsAsPackages) {
    const auto manager = *manager_of({{"/sbin/apk", ""}});
    EXPECT_THROW(commands_to_add(manager, {"--root=/"}), Error);
    EXPECT_THROW(commands_to_add(manager, {""}), Error);
}

} // namespace
} // namespace slipway::sandbox
