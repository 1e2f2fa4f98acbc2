// SHA-256 names, computed by OpenSSL.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace slipway {

/// A SHA-256 digest: the name of an object.
struct Digest {
    std::array<std::uint8_t, 32> bytes{};

    /// 64 lower-case hexadecimal digits.
    std::string hex() const;

    /// The digest that `text` spells in 64 lower-case digits; nothing if it does not.
    static std::optional<Digest> parse(std::string_view text);

    /// The digest held in exactly 32 bytes.
    static Digest from_bytes(ConstBytes raw);

    ConstBytes view() const { return std::as_bytes(std::span(bytes)); }

    friend bool operator==(const Digest&, const Digest&) = default;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in every <=>.
    friend std::strong_ordering operator<=>(const Digest&, const Digest&) = default;
};

/// The SHA-256 of `data`. Any thread.
Digest sha256(ConstBytes data);

/// SHA-256 of bytes that arrive in pieces. One thread at a time.
class Hasher {
public:
    Hasher();
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void update(ConstBytes data);

    /// The digest of all that was given; the hasher then starts anew.
    Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace slipway

template <>
struct std::hash<slipway::Digest> {
    std::size_t operator()(const slipway::Digest& digest) const noexcept {
        return slipway::load_u64(digest.view());
    }
};
