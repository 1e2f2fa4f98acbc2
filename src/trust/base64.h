// Base64 (RFC 4648) with padding, and the armour of OpenSSH's files around it.
#pragma once

#include <string>

#include "base/bytes.h"

namespace slipway::trust {

std::string encode_base64(ConstBytes bytes);

/// Only what encode_base64 would write. Throws Fault::corrupt.
Buffer decode_base64(std::string_view text);

/// "-----BEGIN LABEL-----", lines of `width` characters, "-----END LABEL-----".
std::string encode_armour(ConstBytes bytes, std::string_view label, std::size_t width);

/// One armoured block of that label, cut off the front of `text`; white space before it and in
/// its base64 does not count. Throws Fault::corrupt.
Buffer take_armoured(std::string_view& text, std::string_view label);

} // namespace slipway::trust
