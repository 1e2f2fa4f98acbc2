// A Source whose beginning can be looked at before it is read.
#pragma once

#include "base/stream.h"

namespace slipway::formats {

class PeekedSource final : public Source {
public:
    /// `source` outlives this.
    explicit PeekedSource(Source& source) : source_(source) {}

    /// What comes next, at least `size` bytes of it, fewer only at the end. Good until the next
    /// call.
    ConstBytes peek(std::size_t size);

    std::size_t read(Bytes buffer) override;

private:
    Source& source_;
    Buffer ahead_;
    std::size_t taken_ = 0; // of ahead_
};

} // namespace slipway::formats
