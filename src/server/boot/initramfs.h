// The initramfs of a commit, made on request from its own kernel's modules: everything else in it
// is the same for every system. What it does at boot is in initramfs/init.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/boot/kernel.h"
#include "server/boot/modules.h"
#include "tree/tree_reader.h"

namespace slipway::server::boot {

struct InitramfsOptions {
    std::filesystem::path busybox = "/bin/busybox"; ///< statically linked
    std::filesystem::path client;                   ///< slipway-client, statically linked
    std::optional<PciDevice> card = {};             ///< only this network card's drivers, if known
    std::vector<std::string> extra_modules = {};    ///< by name, loaded at start
    std::string keys = {};   ///< the keys the machine trusts (docs/format/keys.md); empty: none
    std::string branch = {}; ///< whose head statement it asks for; empty: none
};

/// An initramfs for `kernel`, compressed as that kernel can read it. The same tree, options and
/// programs give the same bytes. Takes seconds, and half a minute with the drivers of all network
/// cards: keep the result.
///
/// Throws Fault::not_found for a missing program or module, Fault::usage for a program that is
/// not statically linked.
Buffer assemble_initramfs(TreeReader& tree, const Kernel& kernel, const InitramfsOptions& options);

} // namespace slipway::server::boot
