// Something in each of the three versions of a merge.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace slipway::tree {

enum class Version : std::uint8_t { base, ours, theirs };

template <typename T>
struct Triple {
    T base{};
    T ours{};
    T theirs{};

    T& of(Version version) {
        return version == Version::base ? base : version == Version::ours ? ours : theirs;
    }

    const T& of(Version version) const {
        return version == Version::base ? base : version == Version::ours ? ours : theirs;
    }

    friend bool operator==(const Triple&, const Triple&) = default;
};

inline constexpr std::array both_sides{Version::ours, Version::theirs};
inline constexpr std::array all_versions{Version::base, Version::ours, Version::theirs};

/// Theirs for ours and ours for theirs.
constexpr Version other_side(Version side) {
    return side == Version::ours ? Version::theirs : Version::ours;
}

/// "base", "ours" or "theirs".
std::string_view name_of(Version version);

} // namespace slipway::tree
