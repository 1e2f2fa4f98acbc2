// uses: net base
// A range that is accepted lies inside the resource. The first byte chooses the resource's size.
#include <cstdlib>

#include "base/bytes.h"
#include "net/conditions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using slipway::net::RangeAnswer;
    if (size == 0) {
        return 0;
    }
    const std::uint64_t resource = data[0] < 128 ? data[0] : UINT64_MAX - data[0];
    const auto text = slipway::as_text(std::as_bytes(std::span(data, size).subspan(1)));
    const auto answer = slipway::net::parse_range(text, resource);
    const auto [first, length] = answer.range;
    if (answer.kind == RangeAnswer::Kind::part &&
        (length == 0 || first >= resource || length > resource - first)) {
        std::abort();
    }
    const auto part = slipway::net::parse_content_range(text);
    if (part && part->length == 0) {
        std::abort();
    }
    slipway::net::names_etag(text, "abc");
    return 0;
}
