#include "server/boot/ipxe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::server::boot {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BootEntry entry() {
    return {
        "http://192.0.2.1:8080",
        "0a1b",
        "Debian 12",
        "/boot/0a1b/kernel",
        "/boot/0a1b/initramfs",
        "console=ttyS0"};
}

TEST(IpxeScript, LoadsKernelAndInitramfsAndNamesTheCommit) {
    EXPECT_EQ(
        ipxe_script(entry()),
        "#!ipxe\n"
        "echo slipway: Debian 12\n"
        "imgfree\n"
        "kernel --name kernel http://192.0.2.1:8080/boot/0a1b/kernel initrd=initramfs "
        "slipway.server=http://192.0.2.1:8080 slipway.commit=0a1b BOOTIF=01-${mac:hexhyp} "
        "console=ttyS0 || exit 1\n"
        "initrd --name initramfs http://192.0.2.1:8080/boot/0a1b/initramfs || exit 1\n"
        "boot || exit 1\n"
    );
}

TEST(IpxeScript, RefusesOptionsThatWouldBeCommands) {
    for (const auto* options : {"a\nshell", "a=${net0/mac}", "a\rb", "caf\xc3\xa9"}) {
        auto bad = entry();
        bad.kernel_options = options;
        EXPECT_THROW(ipxe_script(bad), Error) << options;
    }
}

TEST(IpxeScript, ShowsATitleWithoutLettingItRun) {
    auto odd = entry();
    odd.title = "x\nshell ${uuid} \"";
    EXPECT_THAT(ipxe_script(odd), HasSubstr("echo slipway: xshell {uuid} \n"));
}

TEST(IpxeLoader, AsksAgainForEver) {
    EXPECT_THAT(ipxe_loader(), StartsWith("#!ipxe\n"));
    EXPECT_THAT(
        ipxe_loader(), HasSubstr("chain --autofree boot/script?mac=${mac:hexhyp}&uuid=${uuid}")
    );
    EXPECT_THAT(ipxe_loader(), EndsWith("goto ask\n"));
}

TEST(IpxeMessage, EndsWithAFailureSoThatTheLoaderAsksAgain) {
    EXPECT_EQ(ipxe_message("no branch\nhere"), "#!ipxe\necho slipway: no branchhere\nexit 1\n");
}

TEST(ServerOfHost, TakesNamesAddressesAndPorts) {
    EXPECT_EQ(server_of_host("10.0.2.2:8080"), "http://10.0.2.2:8080");
    EXPECT_EQ(server_of_host("[fd00::1]:80"), "http://[fd00::1]:80");
    for (const auto* host : {"", "a b", "a\nshell", "${x}", "a/b", "user@host"}) {
        EXPECT_THROW(server_of_host(host), Error) << host;
    }
}

} // namespace
} // namespace slipway::server::boot
