// A whole store in memory, for tests: real cutting, real names, any number of objects that fit.
#pragma once

#include <map>
#include <memory>

#include "tree/content.h"
#include "tree/ingest.h"

namespace slipway::formats {

/// Takes objects in and gives them out again. Everything happens on the calling thread.
class MemoryStore final : public tree::Ingest, public Contents {
public:
    void add_small(std::uint64_t size, ReadSmall read, Done done) override;
    void add_long(const std::function<void(Feed& feed)>& push, Done done) override;
    Digest add_object(tree::Kind kind, Buffer encoded) override;

    bool holds(const tree::File& file) override { return objects_.contains(file.content); }

    void settle() override {}

    std::unique_ptr<Blob> open(const Digest& id) const override;

    std::uint64_t payloads_added = 0;

private:
    Digest keep(Buffer bytes);

    std::map<Digest, std::shared_ptr<const Buffer>> objects_;
};

} // namespace slipway::formats
