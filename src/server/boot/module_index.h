// What depmod wrote about a kernel's modules: modules.dep, .builtin, .alias and .softdep.
//
// The parsers take hostile bytes and throw Fault::corrupt for a line they cannot use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace slipway::server::boot {

/// Paths are relative to the directory of modules: "kernel/fs/erofs/erofs.ko.xz".
struct Module {
    std::string path;
    std::vector<std::string> needs; ///< all it needs, what must be loaded first comes last
    friend bool operator==(const Module&, const Module&) = default;
};

/// A device or service, as a shell pattern, and the module that serves it.
struct ModuleAlias {
    std::string pattern; ///< "virtio:d00000001v*", "crypto-crc32c"
    std::string module;  ///< by name
    friend bool operator==(const ModuleAlias&, const ModuleAlias&) = default;
};

/// What `module` works better with when it is loaded before it: names of modules or aliases.
struct SoftDependency {
    std::string module;
    std::vector<std::string> before;
    friend bool operator==(const SoftDependency&, const SoftDependency&) = default;
};

struct ModuleIndex {
    std::vector<Module> modules;
    std::vector<std::string> builtin; ///< by name
    std::vector<ModuleAlias> aliases;
    std::vector<SoftDependency> soft;
};

std::vector<Module> parse_modules_dep(ConstBytes text);
std::vector<std::string> parse_modules_builtin(ConstBytes text);
std::vector<ModuleAlias> parse_modules_alias(ConstBytes text);
std::vector<SoftDependency> parse_modules_softdep(ConstBytes text);

/// "crc32c_intel" of "kernel/arch/x86/crypto/crc32c-intel.ko.xz": the kernel knows no '-'.
std::string module_name(std::string_view path);

/// "kernel/fs/erofs/erofs.ko" of "kernel/fs/erofs/erofs.ko.xz".
std::string_view without_compression(std::string_view path);

} // namespace slipway::server::boot
