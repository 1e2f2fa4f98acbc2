#include "server/boot/initramfs.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "server/boot/compression.h"
#include "server/boot/small_tree.h"

namespace slipway::server::boot {
namespace {

using testing::HasSubstr;
using testing::Not;

// The programs of this machine stand in for each other: what counts here is that they are static.
const std::filesystem::path busybox = "/bin/busybox";

SmallTree small_system(std::string_view config) {
    SmallTree small;
    const auto xz = compress_for_kernel(Compression::xz, as_bytes("module erofs"));
    small.link("lib", "usr/lib")
        .file("boot/vmlinuz-6.1", "kernel")
        .file("boot/config-6.1", config)
        .file(
            "usr/lib/modules/6.1/modules.dep",
            "kernel/erofs.ko.xz:\nkernel/overlay.ko:\nkernel/nbd.ko:\n"
        )
        .file("usr/lib/modules/6.1/kernel/erofs.ko.xz", as_text(xz))
        .file("usr/lib/modules/6.1/kernel/overlay.ko", "module overlay")
        .file("usr/lib/modules/6.1/kernel/nbd.ko", "module nbd");
    return small;
}

Buffer assemble(SmallTree& small, const InitramfsOptions& options) {
    TreeReader reader(small, small.root());
    return assemble_initramfs(reader, find_kernel(reader), options);
}

std::string content_of(Compression compression, const Buffer& initramfs) {
    return std::string(as_text(uncompress(compression, initramfs, 64ULL << 20U)));
}

TEST(Initramfs, HoldsProgramsScriptsAndUncompressedModules) {
    auto small = small_system("CONFIG_RD_ZSTD=y\n");
    const auto content =
        content_of(Compression::zstd, assemble(small, {.busybox = busybox, .client = busybox}));
    EXPECT_THAT(content, HasSubstr("lib/modules/6.1/kernel/erofs.ko"));
    EXPECT_THAT(content, HasSubstr("module erofs"));
    EXPECT_THAT(content, Not(HasSubstr("erofs.ko.xz")));
    EXPECT_THAT(content, HasSubstr("bin/slipway-client"));
    EXPECT_THAT(content, HasSubstr("#!/bin/busybox sh\n# The first process"));
    EXPECT_THAT(content, HasSubstr("\n/lib/modules/6.1/kernel/erofs.ko\n"));
}

TEST(Initramfs, CarriesTheKeysThatTheMachineTrusts) {
    auto small = small_system("CONFIG_RD_ZSTD=y\n");
    InitramfsOptions options{.busybox = busybox, .client = busybox};
    const std::string name("lib/slipway/keys\0", 17); // as in the archive; scripts name it too
    EXPECT_THAT(content_of(Compression::zstd, assemble(small, options)), Not(HasSubstr(name)));
    options.keys = "slipway keys 1\nof a test\n";
    options.branch = "site/main";
    const auto content = content_of(Compression::zstd, assemble(small, options));
    EXPECT_THAT(content, HasSubstr(name));
    EXPECT_THAT(content, HasSubstr("slipway keys 1\nof a test\n"));
    EXPECT_THAT(content, HasSubstr("lib/slipway/branch"));
    EXPECT_THAT(content, HasSubstr("site/main"));
}

TEST(Initramfs, IsTheSameEachTime) {
    auto small = small_system("CONFIG_RD_ZSTD=y\n");
    const InitramfsOptions options{.busybox = busybox, .client = busybox};
    EXPECT_EQ(assemble(small, options), assemble(small, options));
}

TEST(Initramfs, IsCompressedAsTheKernelCanRead) {
    const InitramfsOptions options{.busybox = busybox, .client = busybox};
    auto xz = small_system("CONFIG_RD_XZ=y\n# CONFIG_RD_ZSTD is not set\n");
    EXPECT_THAT(content_of(Compression::xz, assemble(xz, options)), HasSubstr("070701"));
    auto gzip = small_system("CONFIG_RD_GZIP=y\n");
    EXPECT_THAT(content_of(Compression::gzip, assemble(gzip, options)), HasSubstr("070701"));
    auto nothing = small_system("CONFIG_SMP=y\n");
    EXPECT_THAT(content_of(Compression::none, assemble(nothing, options)), HasSubstr("070701"));
}

TEST(Initramfs, RefusesProgramsThatAreNotStaticOrNotThere) {
    auto small = small_system("");
    EXPECT_THROW(assemble(small, {.busybox = busybox, .client = "/bin/sh"}), Error);
    EXPECT_THROW(assemble(small, {.busybox = busybox, .client = "/etc/passwd"}), Error);
    EXPECT_THROW(assemble(small, {.busybox = busybox, .client = "/nonexistent"}), Error);
}

TEST(Initramfs, NamesAModuleThatIsMissing) {
    auto small = small_system("");
    small.file(
        "usr/lib/modules/6.1/modules.dep", "kernel/erofs.ko:\nkernel/overlay.ko:\nkernel/nbd.ko:\n"
    );
    try {
        assemble(small, {.busybox = busybox, .client = busybox});
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        EXPECT_THAT(error.report(), HasSubstr("kernel/erofs.ko is not in the tree"));
    }
}

/// A system on this machine, if there is one at SLIPWAY_SYSTEM: kernel and modules of it only.
std::optional<SmallTree> real_system() {
    const auto* const path = std::getenv("SLIPWAY_SYSTEM");
    if (path == nullptr) {
        return std::nullopt;
    }
    SmallTree small;
    small.link("lib", "usr/lib");
    small.copy("boot", fmt::format("{}/boot", path));
    small.copy("usr/lib/modules", fmt::format("{}/usr/lib/modules", path));
    return small;
}

const char* environment(const char* name, const char* otherwise) {
    const auto* const value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

/// tests/vm/boot-initramfs uses this to make what it boots.
TEST(Initramfs, OfARealSystemStaysSmall) {
    auto small = real_system();
    if (!small) {
        GTEST_SKIP() << "SLIPWAY_SYSTEM names no system";
    }
    TreeReader reader(*small, small->root());
    const auto kernel = find_kernel(reader);
    InitramfsOptions options{
        .busybox = busybox, .client = environment("SLIPWAY_CLIENT", "/bin/busybox")};
    options.card = PciDevice::parse(environment("SLIPWAY_CARD", ""));
    if (const auto* const extra = std::getenv("SLIPWAY_EXTRA_MODULE")) {
        options.extra_modules.emplace_back(extra);
    }
    const auto initramfs = assemble_initramfs(reader, kernel, options);
    fmt::print("{}: {} bytes\n", kernel.release, initramfs.size());
    EXPECT_LE(initramfs.size(), 8'000'000U);
    if (const auto* const output = std::getenv("SLIPWAY_INITRAMFS")) {
        replace_file(output, initramfs);
    }
}

} // namespace
} // namespace slipway::server::boot
