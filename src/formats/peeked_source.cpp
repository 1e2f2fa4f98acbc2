#include "formats/peeked_source.h"

#include <algorithm>

namespace slipway::formats {

ConstBytes PeekedSource::peek(std::size_t size) {
    ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    if (ahead_.size() < size) {
        const auto held = ahead_.size();
        ahead_.resize(size);
        ahead_.resize(held + read_fully(source_, Bytes(ahead_).subspan(held)));
    }
    return ahead_;
}

std::size_t PeekedSource::read(Bytes buffer) {
    if (taken_ == ahead_.size()) {
        return source_.read(buffer);
    }
    const auto count = std::min(buffer.size(), ahead_.size() - taken_);
    std::ranges::copy(ConstBytes(ahead_).subspan(taken_, count), buffer.begin());
    taken_ += count;
    return count;
}

} // namespace slipway::formats
