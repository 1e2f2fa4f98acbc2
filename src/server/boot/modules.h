// Which modules go into the initramfs, and how they are loaded there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/boot/kernel.h"
#include "server/boot/module_index.h"
#include "tree/tree_reader.h"

namespace slipway::server::boot {

/// A network card, as its PCI configuration space names it.
struct PciDevice {
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    friend bool operator==(const PciDevice&, const PciDevice&) = default;

    /// Of iPXE's `${busid:hexraw}`: "018086100e", a PCI bus, vendor 8086, device 100e.
    static std::optional<PciDevice> parse(std::string_view bus_id);
};

/// The modules to pack: uncompressed, and with files made for them so that modprobe finds them.
struct ModuleSelection {
    std::vector<std::string> paths;    ///< in the tree, what others need first
    std::vector<std::string> at_start; ///< the first of these paths: loaded before anything else
    std::string dep;   ///< modules.dep of the packed ones, soft dependencies made hard
    std::string alias; ///< modules.alias of the packed ones
};

/// Reads what depmod wrote. Throws Fault::not_found if the kernel has no modules.dep.
ModuleIndex read_module_index(TreeReader& tree, const Kernel& kernel);

/// Chooses what a network boot needs: EROFS, overlay, NBD, loop and FUSE, virtio, and drivers of
/// network cards: those for `card` if it is known and the kernel has one for it, else all that
/// work without firmware. `extra` are names of further modules, loaded at start.
/// Throws Fault::not_found if the kernel lacks what no boot can do without.
ModuleSelection select_modules(
    const ModuleIndex& index,
    std::optional<PciDevice> card,
    const std::vector<std::string>& extra = {}
);

} // namespace slipway::server::boot
