#include "tree/merge/staged_ingest.h"

#include "base/error.h"

namespace slipway::tree {

class StagedIngest::BufferFeed final : public Ingest::Feed {
public:
    explicit BufferFeed(StagedIngest& ingest) : ingest_(ingest) {}

    void data(ConstBytes bytes) override {
        ingest_.take(bytes.size());
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }

    void zeros(std::uint64_t length) override {
        ingest_.take(length);
        buffer_.resize(buffer_.size() + length);
    }

    Buffer take_bytes() { return std::move(buffer_); }

private:
    StagedIngest& ingest_;
    Buffer buffer_;
};

/// Before there is memory for them.
void StagedIngest::take(std::uint64_t bytes) {
    if (bytes > left_) {
        throw Error(Fault::refused, "more was written than memory is used for")
            .hint("the zeros of a sparse file count too");
    }
    left_ -= bytes;
}

void StagedIngest::add_small(std::uint64_t size, ReadSmall read, Done done) {
    take(size);
    done(objects_.add_file(read()));
}

void StagedIngest::add_long(const std::function<void(Feed& feed)>& push, Done done) {
    BufferFeed feed(*this);
    push(feed);
    done(objects_.add_file(feed.take_bytes()));
}

Digest StagedIngest::add_object(Kind kind, Buffer encoded) {
    return objects_.add(kind, std::move(encoded));
}

} // namespace slipway::tree
