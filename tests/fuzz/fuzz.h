// What fuzz targets share.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/error.h"

namespace slipway::fuzz {

inline ConstBytes input(const std::uint8_t* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

/// Stops the fuzzer: it has found a bug.
inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

inline bool equal(ConstBytes a, ConstBytes b) {
    return as_text(a) == as_text(b);
}

/// Runs `act`, which may refuse its input, but only as corrupt.
template <typename Act>
void allow_corrupt(Act act) {
    try {
        act();
    } catch (const Error& error) {
        require(error.fault() == Fault::corrupt);
    }
}

} // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
