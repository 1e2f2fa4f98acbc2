// uses: net base
// A request target that is accepted never leads out of the root.
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "net/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = slipway::as_text(std::as_bytes(std::span(data, size)));
    if (const auto target = slipway::net::parse_target(text)) {
        const std::string_view path = target->path;
        if (!path.starts_with('/') || path.find('\0') != std::string_view::npos ||
            path.find('\\') != std::string_view::npos ||
            path.find("//") != std::string_view::npos) {
            std::abort();
        }
        for (const auto component : slipway::split(path, '/')) {
            if (component == "." || component == "..") {
                std::abort();
            }
        }
    }
    return 0;
}
