#include "server/boot/initramfs.h"

#include <array>

#include <elf.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "server/boot/compression.h"
#include "server/boot/cpio.h"
#include "server/boot/scripts.h"

namespace slipway::server::boot {

namespace {

constexpr std::uint64_t largest_module_bytes = 256ULL << 20U;
constexpr std::uint64_t largest_config_bytes = 4ULL << 20U;

/// Above this much content, smaller matters more than faster to unpack: xz takes a tenth less than
/// zstd, but a processor needs a second for it.
constexpr std::size_t much_content_bytes = 24ULL << 20U;

/// Little-endian ELF for 64 bits, the layouts of which are fixed: e_phoff, e_phentsize, e_phnum.
bool is_static_program(ConstBytes bytes) {
    if (bytes.size() < sizeof(Elf64_Ehdr) || !as_text(bytes).starts_with(ELFMAG) ||
        std::to_integer<int>(bytes[EI_CLASS]) != ELFCLASS64) {
        return false;
    }
    const auto table = load_u64(bytes.subspan(offsetof(Elf64_Ehdr, e_phoff)));
    const auto count = load_u16(bytes.subspan(offsetof(Elf64_Ehdr, e_phnum)));
    const std::size_t needed = count * sizeof(Elf64_Phdr);
    if (table > bytes.size() || needed > bytes.size() - table) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (load_u32(bytes.subspan(table + i * sizeof(Elf64_Phdr))) == PT_INTERP) {
            return false;
        }
    }
    return true;
}

Buffer read_program(const std::filesystem::path& path, std::string_view hint) {
    if (!std::filesystem::exists(path)) {
        throw Error(Fault::not_found, fmt::format("no {}", path.string())).hint(std::string(hint));
    }
    auto bytes = read_file(path);
    if (!is_static_program(bytes)) {
        throw Error(Fault::usage, fmt::format("{} is no statically linked program", path.string()))
            .hint(std::string(hint));
    }
    return bytes;
}

void add_programs(Cpio& archive, const InitramfsOptions& options) {
    archive.add_file(
        "bin/busybox", 0755, read_program(options.busybox, "install the package busybox-static")
    );
    archive.add_file(
        "bin/slipway-client",
        0755,
        read_program(options.client, "slipway-client belongs beside the program slipway")
    );
    // What runs before init has put all the other names in place.
    archive.add_link("bin/sh", "busybox");
    archive.add_link("sbin/modprobe", "../bin/busybox");
    for (const auto& script : scripts()) {
        archive.add_file(script.path, 0755, to_buffer(as_bytes(script.text)));
    }
}

/// What slipway-client verifies the commit by.
void add_trust(Cpio& archive, const InitramfsOptions& options) {
    if (!options.keys.empty()) {
        archive.add_file("lib/slipway/keys", 0644, to_buffer(as_bytes(options.keys)));
        archive.add_file("lib/slipway/branch", 0644, to_buffer(as_bytes(options.branch)));
    }
}

void add_directories(Cpio& archive) {
    for (const std::string_view path : {"dev", "etc", "proc", "root", "run", "sys", "tmp"}) {
        archive.add_directory(path);
    }
    // The kernel opens it before there is a /dev.
    archive.add_character_device("dev/console", 0600, 5, 1);
    archive.add_character_device("dev/null", 0666, 1, 3);
}

void add_modules(
    Cpio& archive, TreeReader& tree, const Kernel& kernel, const ModuleSelection& selection
) {
    const auto directory = fmt::format("lib/modules/{}", kernel.release);
    for (const auto& path : selection.paths) {
        const During what([&] { return fmt::format("reading module {}", printable(path)); });
        const auto stored =
            tree.read(fmt::format("{}/{}", kernel.modules, path), largest_module_bytes);
        if (!stored) {
            throw Error(Fault::not_found, fmt::format("{} is not in the tree", printable(path)))
                .hint("modules.dep names it: run depmod in the system and commit it again");
        }
        archive.add_file(
            fmt::format("{}/{}", directory, without_compression(path)),
            0644,
            uncompress(compression_of_name(path), *stored, largest_module_bytes)
        );
    }
    const auto add_text = [&](const std::string& path, std::string_view text) {
        archive.add_file(path, 0644, to_buffer(as_bytes(text)));
    };
    add_text(directory + "/modules.dep", selection.dep);
    add_text(directory + "/modules.alias", selection.alias);
    std::string at_start;
    for (const auto& path : selection.at_start) {
        at_start += fmt::format("/{}/{}\n", directory, without_compression(path));
    }
    add_text("lib/slipway/modules", at_start);
}

/// True if the kernel's configuration says so, or is not in the tree and most kernels have it.
class Configuration {
public:
    Configuration(TreeReader& tree, const Kernel& kernel) {
        for (const auto& path :
             {"/boot/config-" + kernel.release,
              kernel.modules + "/config",
              kernel.modules + "/build/.config"}) {
            if (const auto bytes = tree.read(path, largest_config_bytes)) {
                text_ = "\n" + std::string(as_text(*bytes));
                return;
            }
        }
    }

    bool has(std::string_view option, bool if_unknown) const {
        if (text_.empty()) {
            return if_unknown;
        }
        return text_.find(fmt::format("\n{}=y\n", option)) != std::string::npos;
    }

private:
    std::string text_;
};

/// Every kernel that can boot by an initramfs reads gzip, unless it was configured with care.
Compression choose_compression(const Configuration& configuration, std::size_t content_bytes) {
    const bool zstd = configuration.has("CONFIG_RD_ZSTD", false);
    const bool xz = configuration.has("CONFIG_RD_XZ", true);
    if (xz && (!zstd || content_bytes > much_content_bytes)) {
        return Compression::xz;
    }
    if (zstd) {
        return Compression::zstd;
    }
    return configuration.has("CONFIG_RD_GZIP", true) ? Compression::gzip : Compression::none;
}

} // namespace

Buffer assemble_initramfs(TreeReader& tree, const Kernel& kernel, const InitramfsOptions& options) {
    const During what([&] { return fmt::format("making an initramfs for {}", kernel.release); });
    Cpio archive;
    add_directories(archive);
    add_programs(archive, options);
    add_trust(archive, options);
    const auto selection =
        select_modules(read_module_index(tree, kernel), options.card, options.extra_modules);
    add_modules(archive, tree, kernel, selection);
    const auto content = archive.write();
    const auto compression = choose_compression(Configuration(tree, kernel), content.size());
    return compress_for_kernel(compression, content);
}

} // namespace slipway::server::boot
