// uses: net base
// A URL that is accepted is written as a text that means the same.
#include <cstdlib>

#include "base/bytes.h"
#include "net/client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using slipway::net::Url;
    const auto text = slipway::as_text(std::as_bytes(std::span(data, size)));
    if (const auto url = Url::parse(text)) {
        const auto again = Url::parse(url->text());
        if (again != url) {
            std::abort();
        }
    }
    return 0;
}
