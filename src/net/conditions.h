// The headers by which a client asks for a part of a resource, or for it only if it changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http.h"

namespace slipway::net {

/// What a Range header asks of a resource.
struct RangeAnswer {
    enum class Kind {
        whole,         ///< the header is to be ignored: malformed, several ranges, another unit
        part,          ///< `range`, which lies inside the resource and is not empty
        unsatisfiable, ///< nothing of it lies inside the resource
    };
    Kind kind = Kind::whole;
    ByteRange range;
};

/// Reads "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-COUNT" for a resource of `size` bytes.
RangeAnswer parse_range(std::string_view header, std::uint64_t size);

/// Reads "bytes FIRST-LAST/SIZE" or "bytes FIRST-LAST/*"; nothing if it is anything else.
std::optional<ByteRange> parse_content_range(std::string_view header);

/// True if an If-None-Match header names `etag` (which is without quotes), by the weak comparison.
bool names_etag(std::string_view header, std::string_view etag);

} // namespace slipway::net
