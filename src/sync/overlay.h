// Objects in memory before those of a repository.
#pragma once

#include <memory>
#include <unordered_map>

#include "store/repository.h"

namespace slipway::sync {

class Overlay final : public Contents {
public:
    /// `below` outlives it.
    explicit Overlay(const store::Repository& below) : below_(below) {}

    std::unique_ptr<Blob> open(const Digest& id) const override {
        const auto found = held_.find(id);
        return found == held_.end() ? below_.open(id) : std::make_unique<MemoryBlob>(found->second);
    }

    void add(const Digest& id, Buffer bytes) {
        const auto size = bytes.size();
        if (held_.try_emplace(id, std::make_shared<const Buffer>(std::move(bytes))).second) {
            bytes_ += size;
        }
    }

    /// Null if it is not in memory.
    std::shared_ptr<const Buffer> find(const Digest& id) const {
        const auto found = held_.find(id);
        return found == held_.end() ? nullptr : found->second;
    }

    std::uint64_t bytes() const { return bytes_; }

    void clear() {
        held_.clear();
        bytes_ = 0;
    }

private:
    const store::Repository& below_;
    std::unordered_map<Digest, std::shared_ptr<const Buffer>> held_;
    std::uint64_t bytes_ = 0;
};

} // namespace slipway::sync
