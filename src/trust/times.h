// Times as OpenSSH's files write them, and as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::trust {

/// YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS as seconds since 1970: in the system's time zone, or
/// with a Z in UTC. Throws Fault::corrupt.
std::int64_t parse_time(std::string_view text);

/// "2026-11-21T02:24:25Z"; years above 9999 are "for ever".
std::string time_text(std::uint64_t seconds);

} // namespace slipway::trust
