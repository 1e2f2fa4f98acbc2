// uses: server tree base
// What depmod wrote, from a tree that anyone may have made: parsing and choosing may refuse it,
// and do no more. The input's first byte says how it is divided among the four files.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "server/boot/modules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace slipway;
    namespace boot = server::boot;
    const auto input = std::as_bytes(std::span(data, size));
    if (input.empty()) {
        return 0;
    }
    const auto text = input.subspan(1);
    const auto quarter = text.size() / 4;
    try {
        boot::ModuleIndex index;
        if (data[0] % 2 == 0) {
            index.modules = boot::parse_modules_dep(text);
            index.builtin = {"erofs", "overlay", "nbd"};
        } else {
            index.modules = boot::parse_modules_dep(text.first(quarter));
            index.builtin = boot::parse_modules_builtin(text.subspan(quarter, quarter));
            index.aliases = boot::parse_modules_alias(text.subspan(2 * quarter, quarter));
            index.soft = boot::parse_modules_softdep(text.subspan(3 * quarter));
        }
        boot::select_modules(index, boot::PciDevice{0x8086, 0x100e});
    } catch (const Error&) { // NOLINT(bugprone-empty-catch): refusing is right
    }
    return 0;
}
