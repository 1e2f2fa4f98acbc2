#include "image/crc32c.h"

#include <array>

namespace slipway::image {

namespace {

constexpr std::uint32_t reversed_polynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        auto rest = byte;
        for (int bit = 0; bit < 8; ++bit) {
            rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? reversed_polynomial : 0);
        }
        table[byte] = rest;
    }
    return table;
}

constexpr auto table = make_table();

} // namespace

std::uint32_t crc32c(ConstBytes data) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const auto byte : data) {
        crc = table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU] ^ (crc >> 8U);
    }
    return crc;
}

} // namespace slipway::image
