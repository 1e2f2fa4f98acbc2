// Bytes received and not yet taken: a buffer that grows up to a limit.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace slipway::net {

class Input {
public:
    explicit Input(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    ConstBytes view() const { return ConstBytes(buffer_).subspan(begin_, end_ - begin_); }

    bool empty() const { return begin_ == end_; }

    /// Forgets bytes at the front.
    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }

    /// Where to receive more; empty only if the limit is reached.
    Bytes room() {
        if (begin_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == buffer_.size() && end_ < limit_bytes_) {
            buffer_.resize(std::clamp<std::size_t>(end_ * 4, 4096, limit_bytes_));
        }
        return Bytes(buffer_).subspan(end_);
    }

    /// Adds what was received into room().
    void commit(std::size_t count) { end_ += count; }

    /// Gives the memory back and forgets all.
    void release() {
        Buffer().swap(buffer_);
        begin_ = end_ = 0;
    }

private:
    Buffer buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t limit_bytes_;
};

} // namespace slipway::net
