#include "server/boot/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "server/boot/small_tree.h"

namespace slipway::server::boot {
namespace {

Kernel kernel_of(SmallTree& small, std::optional<std::string_view> release = {}) {
    TreeReader reader(small, small.root());
    return find_kernel(reader, release);
}

std::string failure_of(SmallTree& small, std::optional<std::string_view> release = {}) {
    try {
        kernel_of(small, release);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        return error.report();
    }
    return "no failure";
}

/// Two kernels of a merged-usr system.
SmallTree debian() {
    SmallTree small;
    small.link("lib", "usr/lib")
        .file("boot/vmlinuz-6.1.9-amd64", "old")
        .file("boot/vmlinuz-6.1.12-amd64", "new")
        .file("usr/lib/modules/6.1.9-amd64/modules.dep", "")
        .file("usr/lib/modules/6.1.12-amd64/modules.dep", "");
    return small;
}

TEST(FindKernel, TakesTheNewestByVersionNotByText) {
    auto small = debian();
    const auto kernel = kernel_of(small);
    EXPECT_EQ(kernel.release, "6.1.12-amd64");
    EXPECT_EQ(kernel.path, "/boot/vmlinuz-6.1.12-amd64");
    EXPECT_EQ(kernel.modules, "/usr/lib/modules/6.1.12-amd64");
    EXPECT_EQ(kernel.image.size, 3U);
}

TEST(FindKernel, AStatedReleaseWins) {
    auto small = debian();
    EXPECT_EQ(kernel_of(small, "6.1.9-amd64").path, "/boot/vmlinuz-6.1.9-amd64");
}

TEST(FindKernel, AnUnknownReleaseIsAnErrorThatNamesThoseThereAre) {
    auto small = debian();
    const auto report = failure_of(small, "6.2");
    EXPECT_THAT(report, testing::HasSubstr("no kernel 6.2"));
    EXPECT_THAT(report, testing::HasSubstr("6.1.12-amd64"));
}

TEST(FindKernel, AKernelWithoutModulesIsPassedOver) {
    auto small = debian();
    small.file("boot/vmlinuz-6.8.0-amd64", "no modules");
    EXPECT_EQ(kernel_of(small).release, "6.1.12-amd64");
}

TEST(FindKernel, OnlyAKernelWithoutModulesIsAnErrorThatSaysSo) {
    SmallTree small;
    small.file("boot/vmlinuz-6.8.0", "k");
    EXPECT_THAT(failure_of(small), testing::HasSubstr("/boot/vmlinuz-6.8.0 has no modules"));
}

TEST(FindKernel, FindsAnImageBesideItsModules) {
    SmallTree small;
    small.link("lib", "usr/lib").file("usr/lib/modules/6.12.1-arch1/vmlinuz", "k");
    const auto kernel = kernel_of(small);
    EXPECT_EQ(kernel.path, "/usr/lib/modules/6.12.1-arch1/vmlinuz");
    EXPECT_EQ(kernel.release, "6.12.1-arch1");
}

TEST(FindKernel, FindsModulesBelowALibThatIsADirectory) {
    SmallTree small;
    small.file("boot/vmlinuz-5.10", "k").file("lib/modules/5.10/modules.dep", "");
    EXPECT_EQ(kernel_of(small).modules, "/lib/modules/5.10");
}

TEST(FindKernel, FollowsALinkWithoutAReleaseInItsName) {
    SmallTree small;
    small.link("boot/vmlinuz", "../kernels/vmlinuz-6.6")
        .file("kernels/vmlinuz-6.6", "k")
        .file("usr/lib/modules/6.6/modules.dep", "");
    EXPECT_EQ(kernel_of(small).path, "/kernels/vmlinuz-6.6");
}

TEST(FindKernel, LinksThatLeadNowhereOrInACircleAreNoKernels) {
    SmallTree small;
    small.link("boot/vmlinuz-1", "vmlinuz-2").link("boot/vmlinuz-2", "vmlinuz-1");
    small.link("boot/vmlinuz-3", "/../../etc/passwd");
    EXPECT_THAT(failure_of(small), testing::HasSubstr("no kernel in the tree"));
}

TEST(TreeReader, LinksStayInsideTheTree) {
    SmallTree small;
    small.link("a/up", "../../../../etc/motd").file("etc/motd", "hello");
    TreeReader reader(small, small.root());
    ASSERT_TRUE(reader.look_up("/a/up"));
    EXPECT_EQ(reader.look_up("/a/up")->path, "/etc/motd");
}

TEST(TreeReader, AFileIsNoDirectory) {
    SmallTree small;
    small.file("etc/motd", "hello");
    TreeReader reader(small, small.root());
    EXPECT_FALSE(reader.look_up("/etc/motd/below"));
    EXPECT_THAT(reader.list("/etc/motd"), testing::IsEmpty());
    EXPECT_FALSE(reader.read("/etc", 100));
}

} // namespace
} // namespace slipway::server::boot
