// Contents in memory, for tests.
#pragma once

#include <map>
#include <utility>

#include "base/stream.h"

namespace slipway::tree {

/// Keeps what it is given under its SHA-256. Writing: one thread, no reader.
class MemoryContents final : public Contents {
public:
    Digest put(Buffer bytes) {
        const auto id = sha256(bytes);
        put_as(id, std::move(bytes));
        return id;
    }

    /// Under a name that may be the wrong one.
    void put_as(const Digest& id, Buffer bytes) {
        objects_[id] = std::make_shared<const Buffer>(std::move(bytes));
    }

    void remove(const Digest& id) { objects_.erase(id); }

    std::unique_ptr<Blob> open(const Digest& id) const override {
        const auto at = objects_.find(id);
        return at == objects_.end() ? nullptr : std::make_unique<MemoryBlob>(at->second);
    }

private:
    std::map<Digest, std::shared_ptr<const Buffer>> objects_;
};

} // namespace slipway::tree
