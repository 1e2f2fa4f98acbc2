#include "server/boot/ipxe.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::server::boot {

namespace {

// `isset ${ip}`: when iPXE was chained over HTTP it has an address, else (an iPXE stick) it asks.
// `boot/script` has no server in front: iPXE takes it relative to where this script came from.
constexpr std::string_view loader = R"(#!ipxe
# slipway: asks the server what this machine boots, until it boots.
:ask
isset ${ip} || dhcp || goto wait
chain --autofree boot/script?mac=${mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}&arch=${buildarch}&platform=${platform}&busid=${busid:hexraw} || goto wait
:wait
echo slipway: nothing was booted; trying again in 5 seconds (Ctrl-B for a shell)
prompt --key 0x02 --timeout 5000 && shell ||
goto ask
)";

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// Refuses line breaks, which would be commands of their own, and `${`, which iPXE expands.
std::string_view checked(std::string_view what, std::string_view text) {
    if (!is_plain(text) || text.find("${") != std::string_view::npos) {
        throw Error(
            Fault::usage, fmt::format("{} cannot stand in a boot script: {}", what, printable(text))
        );
    }
    return text;
}

std::string absolute(const std::string& server, const std::string& url) {
    return url.starts_with('/') ? server + url : url;
}

/// Only what echo shows as it stands.
std::string showable(std::string_view text) {
    std::string result;
    std::ranges::copy_if(text, std::back_inserter(result), [](char c) {
        return c >= ' ' && c <= '~' && c != '$' && c != '\\' && c != '"' && c != '\'';
    });
    return result;
}

} // namespace

std::string ipxe_loader() {
    return std::string(loader);
}

std::string ipxe_script(const BootEntry& entry) {
    checked("the server", entry.server);
    checked("the commit", entry.commit);
    checked("the kernel's address", entry.kernel_url);
    checked("the initramfs' address", entry.initramfs_url);
    checked("a kernel option", entry.kernel_options);
    const auto options = entry.kernel_options.empty() ? "" : " " + entry.kernel_options;
    return fmt::format(
        "#!ipxe\n"
        "echo slipway: {}\n"
        "imgfree\n"
        "kernel --name kernel {} initrd=initramfs slipway.server={} slipway.commit={} "
        "BOOTIF=01-${{mac:hexhyp}}{} || exit 1\n"
        "initrd --name initramfs {} || exit 1\n"
        "boot || exit 1\n",
        showable(entry.title),
        absolute(entry.server, entry.kernel_url),
        entry.server,
        entry.commit,
        options,
        absolute(entry.server, entry.initramfs_url)
    );
}

std::string ipxe_message(std::string_view message) {
    return fmt::format("#!ipxe\necho slipway: {}\nexit 1\n", showable(message));
}

std::string server_of_host(std::string_view host) {
    const bool allowed = std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
    });
    if (host.empty() || host.size() > 255 || !allowed) {
        throw Error(Fault::usage, fmt::format("{} is no host", printable(host)));
    }
    return fmt::format("http://{}", host);
}

} // namespace slipway::server::boot
