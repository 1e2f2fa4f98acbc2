#include "tree/merge/staged_ingest.h"

namespace slipway::tree {

namespace {

class BufferFeed final : public Ingest::Feed {
public:
    void data(ConstBytes bytes) override {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }

    void zeros(std::uint64_t length) override { buffer_.resize(buffer_.size() + length); }

    Buffer take() { return std::move(buffer_); }

private:
    Buffer buffer_;
};

} // namespace

void StagedIngest::add_small(std::uint64_t /*size*/, ReadSmall read, Done done) {
    done(objects_.add_file(read()));
}

void StagedIngest::add_long(const std::function<void(Feed& feed)>& push, Done done) {
    BufferFeed feed;
    push(feed);
    done(objects_.add_file(feed.take()));
}

Digest StagedIngest::add_object(Kind kind, Buffer encoded) {
    return objects_.add(kind, std::move(encoded));
}

} // namespace slipway::tree
