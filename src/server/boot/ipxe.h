// What iPXE is told. Pure functions; facts about iPXE are in docs/guides/boot.md.
#pragma once

#include <string>
#include <string_view>

namespace slipway::server::boot {

/// /boot.ipxe: the same for every machine and every server. It brings the network up, asks for
/// `boot/script` beside itself with what identifies the machine, and asks again every five
/// seconds for as long as no system starts.
std::string ipxe_loader();

struct BootEntry {
    std::string server;         ///< as the client reaches it: "http://192.0.2.1:8080"
    std::string commit;         ///< its full id
    std::string title;          ///< shown while it loads
    std::string kernel_url;     ///< absolute, or a path on the server: "/boot/…/kernel"
    std::string initramfs_url;  ///< likewise
    std::string kernel_options; ///< appended: "console=ttyS0"
};

/// The script that boots one commit. Should a download fail, it ends, and the loader asks again.
/// Throws Fault::usage for a text that cannot stand in a script.
std::string ipxe_script(const BootEntry& entry);

/// A script that shows `message` and ends, so that the loader asks again later: for a machine
/// that has nothing to boot yet.
std::string ipxe_message(std::string_view message);

/// The server as the client sees it, from its request's Host header. Throws Fault::usage for a
/// header that is no host with an optional port.
std::string server_of_host(std::string_view host);

} // namespace slipway::server::boot
