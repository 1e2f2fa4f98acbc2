// A Blob as libext2fs reads devices.
#pragma once

#include <exception>
#include <string_view>

#include "base/stream.h"

struct struct_ext2_filsys;

namespace slipway::formats {

[[noreturn]] void damaged_ext(std::string_view what);

/// What the library reads from. One thread.
class ExtChannel {
public:
    /// `image` outlives it.
    explicit ExtChannel(const Blob& image) : image_(image) {}

    /// Opens the filesystem to be read. It outlives that. Returns the library's error, 0 if none.
    long open(struct_ext2_filsys** filesystem);

    /// Fills `to`; false if that failed. What the Blob has thrown waits for check().
    bool read(std::uint64_t offset, Bytes to) noexcept;

    /// Throws what the Blob has thrown, or Fault::corrupt with `what` if `result` is an error.
    void check(long result, std::string_view what);

private:
    const Blob& image_;
    std::exception_ptr error_;
};

} // namespace slipway::formats
