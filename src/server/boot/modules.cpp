#include "server/boot/modules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <fnmatch.h>

#include "base/error.h"

namespace slipway::server::boot {

namespace {

constexpr std::uint64_t largest_index_bytes = 64ULL << 20U;

/// Loaded as soon as the machine starts, each only if the kernel has it as a module.
constexpr std::array<std::string_view, 17> start_names = {
    "virtio",
    "virtio_ring",
    "virtio_pci",
    "virtio_mmio",
    "failover",
    "net_failover",
    "virtio_net",
    "af_packet",
    "crc32c_generic",
    "crc32c_intel",
    "libcrc32c",
    "loop",
    "fuse",
    "nbd",
    "erofs",
    "overlay",
    "unix",
};

/// Network cards that are no PCI devices below drivers/net/ethernet: those of virtual machines.
constexpr std::array<std::string_view, 4> virtual_cards = {
    "vmxnet3", "hv_netvsc", "pci_hyperv", "xen_netfront"};

/// These start only with firmware, which the initramfs does not carry.
constexpr std::array<std::string_view, 8> firmware_bound = {
    "bna", "bnx2", "bnx2x", "cnic", "liquidio", "liquidio_vf", "qed", "qede"};

constexpr std::string_view card_drivers = "kernel/drivers/net/ethernet/";
constexpr std::array<std::string_view, 2> transceivers = {
    "kernel/drivers/net/phy/", "kernel/drivers/net/mdio/"};

template <typename Range>
bool holds(const Range& range, std::string_view text) {
    return std::ranges::find(range, text) != std::ranges::end(range);
}

/// Finds modules by path, by name and by what they serve.
class Catalogue {
public:
    explicit Catalogue(const ModuleIndex& index) : index_(index) {
        for (std::size_t i = 0; i < index.modules.size(); ++i) {
            by_path_.emplace(index.modules[i].path, i);
            by_name_.emplace(module_name(index.modules[i].path), i);
        }
        builtin_.insert(index.builtin.begin(), index.builtin.end());
        for (const auto& soft : index.soft) {
            for (const auto& wanted : soft.before) {
                soft_.emplace(soft.module, wanted);
            }
        }
    }

    const std::vector<Module>& modules() const { return index_.modules; }

    const std::vector<ModuleAlias>& aliases() const { return index_.aliases; }

    bool has(std::string_view name) const {
        const auto key = module_name(name);
        return by_name_.contains(key) || builtin_.contains(key);
    }

    std::optional<std::size_t> named(std::string_view name) const {
        const auto at = by_name_.find(module_name(name));
        return at == by_name_.end() ? std::nullopt : std::optional(at->second);
    }

    /// What must or should be loaded before `module`, in order.
    std::vector<std::size_t> before(std::size_t module) const {
        std::vector<std::size_t> result;
        const auto& needs = modules()[module].needs;
        // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot read std::views::reverse.
        for (auto need = needs.rbegin(); need != needs.rend(); ++need) {
            if (const auto at = by_path_.find(*need); at != by_path_.end()) {
                result.push_back(at->second);
            }
        }
        const auto [begin, end] = soft_.equal_range(module_name(modules()[module].path));
        for (auto at = begin; at != end; ++at) {
            append_serving(at->second, result);
        }
        return result;
    }

private:
    void append_serving(const std::string& wanted, std::vector<std::size_t>& result) const {
        const auto append = [&](std::string_view name) {
            if (const auto module = named(name)) {
                result.push_back(*module);
            }
        };
        append(wanted);
        for (const auto& alias : index_.aliases) {
            if (alias.pattern == wanted) {
                append(alias.module);
            }
        }
    }

    const ModuleIndex& index_;
    std::unordered_map<std::string, std::size_t> by_path_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_set<std::string> builtin_;
    std::unordered_multimap<std::string, std::string> soft_;
};

/// Modules in an order in which they can be loaded.
class LoadOrder {
public:
    explicit LoadOrder(const Catalogue& catalogue) : catalogue_(catalogue) {}

    /// Adds the module of that name, if there is one, behind all that goes before it.
    void add_name(std::string_view name) {
        if (const auto module = catalogue_.named(name)) {
            add(*module);
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion): no deeper than deepest_chain.
    void add(std::size_t module, int depth = 0) {
        if (depth > deepest_chain) {
            throw Error(Fault::corrupt, "modules.dep has a chain of modules that is too long");
        }
        if (!seen_.insert(module).second) {
            return; // there already, or on its way in a circle of soft dependencies
        }
        for (const auto first : catalogue_.before(module)) {
            add(first, depth + 1);
        }
        order_.push_back(module);
    }

    const std::vector<std::size_t>& modules() const { return order_; }

private:
    static constexpr int deepest_chain = 200;

    const Catalogue& catalogue_;
    std::unordered_set<std::size_t> seen_;
    std::vector<std::size_t> order_;
};

void check_required(const Catalogue& kernel) {
    const auto missing = [](std::string_view what) {
        return Error(Fault::not_found, fmt::format("the kernel has no {}", what))
            .hint("a kernel boots with slipway if it has erofs, overlay, and nbd or loop with fuse"
            );
    };
    for (const std::string_view name : {"erofs", "overlay"}) {
        if (!kernel.has(name)) {
            throw missing(name);
        }
    }
    if (!kernel.has("nbd") && !(kernel.has("loop") && kernel.has("fuse"))) {
        throw missing("nbd, and not both of loop and fuse");
    }
}

bool serves(const ModuleAlias& alias, const PciDevice& card) {
    const auto exact = fmt::format("pci:v{:08X}d{:08X}", card.vendor, card.device);
    const auto device = exact + "sv00000000sd00000000bc02sc00i00";
    return alias.pattern.starts_with(exact) ||
           (alias.pattern.starts_with("pci:") &&
            fnmatch(alias.pattern.c_str(), device.c_str(), 0) == 0);
}

std::set<std::string> drivers_of(const Catalogue& catalogue, const PciDevice& card) {
    std::set<std::string> names;
    for (const auto& alias : catalogue.aliases()) {
        if (serves(alias, card)) {
            names.insert(alias.module);
        }
    }
    return names;
}

void add_below(LoadOrder& order, const Catalogue& catalogue, std::string_view directory) {
    for (std::size_t i = 0; i < catalogue.modules().size(); ++i) {
        const auto& path = catalogue.modules()[i].path;
        if (path.starts_with(directory) && !holds(firmware_bound, module_name(path))) {
            order.add(i);
        }
    }
}

void add_cards(LoadOrder& order, const Catalogue& catalogue, std::optional<PciDevice> card) {
    const auto drivers = card ? drivers_of(catalogue, *card) : std::set<std::string>{};
    for (const auto& name : drivers) {
        order.add_name(name);
    }
    if (drivers.empty()) {
        add_below(order, catalogue, card_drivers);
    }
    for (const auto directory : transceivers) {
        add_below(order, catalogue, directory);
    }
    for (const auto name : virtual_cards) {
        order.add_name(name);
    }
}

/// modprobe loads what a line names from its end, so the line is the load order backwards.
std::string dep_line(const Catalogue& catalogue, std::size_t module) {
    const auto path = [&](std::size_t of) {
        return without_compression(catalogue.modules()[of].path);
    };
    LoadOrder alone(catalogue);
    alone.add(module);
    const auto& order = alone.modules();
    auto line = fmt::format("{}:", path(module));
    for (auto at = order.rbegin() + 1; at != order.rend(); ++at) {
        line += fmt::format(" {}", path(*at));
    }
    return line + "\n";
}

std::vector<std::string> names_of(const Catalogue& catalogue, const LoadOrder& order) {
    std::vector<std::string> names;
    for (const auto module : order.modules()) {
        names.push_back(module_name(catalogue.modules()[module].path));
    }
    return names;
}

} // namespace

std::optional<PciDevice> PciDevice::parse(std::string_view bus_id) {
    std::uint64_t value = 0;
    const auto* const end = bus_id.data() + bus_id.size();
    const auto [stop, error] = std::from_chars(bus_id.data(), end, value, 16);
    constexpr std::uint64_t pci_bus = 1;
    if (bus_id.size() != 10 || error != std::errc() || stop != end || value >> 32U != pci_bus) {
        return std::nullopt;
    }
    return PciDevice{
        static_cast<std::uint16_t>(value >> 16U & 0xffffU),
        static_cast<std::uint16_t>(value & 0xffffU)};
}

ModuleIndex read_module_index(TreeReader& tree, const Kernel& kernel) {
    const auto read = [&](std::string_view name) {
        return tree.read(fmt::format("{}/{}", kernel.modules, name), largest_index_bytes);
    };
    const auto parse = [&](std::string_view name, auto parser) {
        return parser(read(name).value_or(Buffer{}));
    };
    const auto dep = read("modules.dep");
    if (!dep) {
        throw Error(Fault::not_found, fmt::format("{} has no modules.dep", kernel.modules))
            .hint(fmt::format("run depmod {} in the system and commit it again", kernel.release));
    }
    return {
        parse_modules_dep(*dep),
        parse("modules.builtin", parse_modules_builtin),
        parse("modules.alias", parse_modules_alias),
        parse("modules.softdep", parse_modules_softdep),
    };
}

ModuleSelection select_modules(
    const ModuleIndex& index, std::optional<PciDevice> card, const std::vector<std::string>& extra
) {
    const Catalogue catalogue(index);
    check_required(catalogue);
    LoadOrder order(catalogue);
    for (const auto name : start_names) {
        order.add_name(name);
    }
    for (const auto& name : extra) {
        if (!catalogue.has(name)) {
            throw Error(Fault::not_found, fmt::format("the kernel has no module {}", name));
        }
        order.add_name(name);
    }
    ModuleSelection selection;
    for (const auto module : order.modules()) {
        selection.at_start.push_back(index.modules[module].path);
    }
    add_cards(order, catalogue, card);

    for (const auto module : order.modules()) {
        selection.paths.push_back(index.modules[module].path);
        selection.dep += dep_line(catalogue, module);
    }
    const auto names = names_of(catalogue, order);
    const std::set<std::string> packed(names.begin(), names.end());
    for (const auto& alias : index.aliases) {
        if (packed.contains(alias.module)) {
            selection.alias += fmt::format("alias {} {}\n", alias.pattern, alias.module);
        }
    }
    return selection;
}

} // namespace slipway::server::boot
