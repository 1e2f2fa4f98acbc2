#include "server/boot/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::server::boot {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A kernel with compressed modules, a soft dependency and two network cards.
ModuleIndex small_index() {
    ModuleIndex index;
    index.modules = parse_modules_dep(
        as_bytes("kernel/fs/erofs/erofs.ko.xz: kernel/lib/libcrc32c.ko.xz\n"
                 "kernel/lib/libcrc32c.ko.xz:\n"
                 "kernel/arch/x86/crypto/crc32c-intel.ko.xz:\n"
                 "kernel/fs/overlayfs/overlay.ko.xz:\n"
                 "kernel/drivers/virtio/virtio_pci.ko.xz: kernel/drivers/virtio/virtio_ring.ko.xz "
                 "kernel/drivers/virtio/virtio.ko.xz\n"
                 "kernel/drivers/virtio/virtio_ring.ko.xz: kernel/drivers/virtio/virtio.ko.xz\n"
                 "kernel/drivers/virtio/virtio.ko.xz:\n"
                 "kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz:\n"
                 "kernel/drivers/net/ethernet/realtek/r8169.ko.xz:\n"
                 "kernel/drivers/net/ethernet/broadcom/bnx2.ko.xz:\n"
                 "kernel/drivers/net/phy/realtek.ko.xz:\n"
                 "kernel/sound/snd.ko.xz:\n")
    );
    index.builtin = {"nbd"};
    index.aliases =
        parse_modules_alias(as_bytes("alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000\n"
                                     "alias pci:v000010ECd00008168sv*sd*bc*sc*i* r8169\n"
                                     "alias crc32c crc32c_intel\n"
                                     "alias snd:* snd\n"));
    index.soft = parse_modules_softdep(
        as_bytes("softdep libcrc32c pre: crc32c\nsoftdep r8169 pre: realtek post: snd\n")
    );
    return index;
}

TEST(SelectModules, LoadsAtStartWhatOthersNeedFirst) {
    EXPECT_THAT(
        select_modules(small_index(), {}).at_start,
        ElementsAre(
            HasSubstr("virtio.ko"),
            HasSubstr("virtio_ring.ko"),
            HasSubstr("virtio_pci.ko"),
            HasSubstr("crc32c-intel.ko"),
            HasSubstr("libcrc32c.ko"),
            HasSubstr("erofs.ko"),
            HasSubstr("overlay.ko")
        )
    );
}

TEST(SelectModules, PacksAllCardsThatNeedNoFirmwareIfTheCardIsUnknown) {
    const auto paths = select_modules(small_index(), {}).paths;
    EXPECT_THAT(paths, Contains("kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz"));
    EXPECT_THAT(paths, Contains("kernel/drivers/net/ethernet/realtek/r8169.ko.xz"));
    EXPECT_THAT(paths, Not(Contains(HasSubstr("bnx2"))));
    EXPECT_THAT(paths, Not(Contains(HasSubstr("snd"))));
}

TEST(SelectModules, PacksOnlyTheDriverOfAKnownCard) {
    const auto paths = select_modules(small_index(), PciDevice{0x8086, 0x100e}).paths;
    EXPECT_THAT(paths, Contains(HasSubstr("e1000")));
    EXPECT_THAT(paths, Not(Contains(HasSubstr("r8169"))));
}

TEST(SelectModules, PacksAllCardsIfTheKernelHasNoDriverForTheKnownOne) {
    const auto paths = select_modules(small_index(), PciDevice{0x1234, 0x5678}).paths;
    EXPECT_THAT(paths, Contains(HasSubstr("e1000")));
    EXPECT_THAT(paths, Contains(HasSubstr("r8169")));
}

TEST(SelectModules, MakesSoftDependenciesHard) {
    const auto dep = select_modules(small_index(), {}).dep;
    EXPECT_THAT(
        dep,
        HasSubstr("kernel/drivers/net/ethernet/realtek/r8169.ko: "
                  "kernel/drivers/net/phy/realtek.ko\n")
    );
    EXPECT_THAT(
        dep,
        HasSubstr("kernel/fs/erofs/erofs.ko: kernel/lib/libcrc32c.ko "
                  "kernel/arch/x86/crypto/crc32c-intel.ko\n")
    );
    EXPECT_THAT(
        dep,
        HasSubstr("virtio_pci.ko: kernel/drivers/virtio/virtio_ring.ko "
                  "kernel/drivers/virtio/virtio.ko\n")
    );
}

TEST(SelectModules, KeepsTheAliasesOfWhatIsPackedOnly) {
    const auto alias = select_modules(small_index(), {}).alias;
    EXPECT_THAT(alias, HasSubstr("alias crc32c crc32c_intel\n"));
    EXPECT_THAT(alias, Not(HasSubstr("snd")));
}

TEST(SelectModules, SoftDependenciesInACircleEnd) {
    auto index = small_index();
    index.soft.push_back({"realtek", {"r8169"}});
    EXPECT_THAT(select_modules(index, {}).paths, Contains(HasSubstr("r8169")));
}

TEST(SelectModules, LoadsExtraModulesAtStart) {
    EXPECT_THAT(
        select_modules(small_index(), {}, {"snd"}).at_start, Contains("kernel/sound/snd.ko.xz")
    );
    EXPECT_THROW(select_modules(small_index(), {}, {"nosuch"}), Error);
}

std::string failure_without(const std::string& name) {
    auto index = small_index();
    std::erase_if(index.modules, [&](const Module& m) { return module_name(m.path) == name; });
    std::erase(index.builtin, name);
    try {
        select_modules(index, {});
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        return error.what();
    }
    return "no failure";
}

TEST(SelectModules, AKernelThatCannotBootIsRefusedByName) {
    EXPECT_EQ(failure_without("erofs"), "the kernel has no erofs");
    EXPECT_EQ(failure_without("overlay"), "the kernel has no overlay");
    EXPECT_THAT(failure_without("nbd"), HasSubstr("nbd"));
    EXPECT_EQ(failure_without("snd"), "no failure");
}

TEST(SelectModules, LoopWithFuseDoesWithoutNbd) {
    auto index = small_index();
    index.builtin = {"loop", "fuse"};
    EXPECT_NO_THROW(select_modules(index, {}));
    index.builtin = {"loop"};
    EXPECT_THROW(select_modules(index, {}), Error);
}

TEST(SelectModules, AnEndlessChainIsRefused) {
    std::string dep;
    for (int i = 0; i < 5000; ++i) {
        dep += "kernel/drivers/net/ethernet/m" + std::to_string(i) +
               ".ko: kernel/drivers/net/ethernet/m" + std::to_string(i + 1) + ".ko\n";
    }
    auto index = small_index();
    for (auto& module : parse_modules_dep(as_bytes(dep))) {
        index.modules.push_back(std::move(module));
    }
    EXPECT_THROW(select_modules(index, {}), Error);
}

TEST(ModuleIndex, NamesAreAsTheKernelSaysThem) {
    EXPECT_EQ(module_name("kernel/a/crc32c-intel.ko.zst"), "crc32c_intel");
    EXPECT_EQ(module_name("nf-x"), "nf_x");
    EXPECT_EQ(without_compression("kernel/a.ko/b.ko.gz"), "kernel/a.ko/b.ko");
    EXPECT_EQ(without_compression("kernel/b.ko"), "kernel/b.ko");
}

TEST(ModuleIndex, ReadsAnAliasWithSpaces) {
    EXPECT_THAT(
        parse_modules_alias(as_bytes("# comment\nalias dmi*:pnA B:* some-module\n")),
        ElementsAre(ModuleAlias{"dmi*:pnA B:*", "some_module"})
    );
}

TEST(ModuleIndex, RefusesPathsThatLeadOutOfTheDirectory) {
    for (const auto* line :
         {"../x.ko:", "/etc/x.ko:", "a//x.ko:", "kernel/x:", "a.ko: ../b.ko", "x"}) {
        EXPECT_THROW(parse_modules_dep(as_bytes(line)), Error) << line;
    }
    EXPECT_THROW(parse_modules_alias(as_bytes("alias x")), Error);
    EXPECT_THROW(parse_modules_softdep(as_bytes("soft x")), Error);
}

TEST(ModuleIndex, AnEmptyFileNamesNothing) {
    EXPECT_THAT(parse_modules_dep({}), IsEmpty());
    EXPECT_THAT(parse_modules_alias(as_bytes("\n\n")), IsEmpty());
}

TEST(PciDevice, IsReadFromABusId) {
    EXPECT_EQ(PciDevice::parse("018086100e"), (PciDevice{0x8086, 0x100e}));
    for (const auto* text :
         {"", "028086100e", "018086100", "018086100g", "0x8086100e", "018086100e0"}) {
        EXPECT_FALSE(PciDevice::parse(text)) << text;
    }
}

} // namespace
} // namespace slipway::server::boot
