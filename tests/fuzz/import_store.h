// Where fuzz targets of importers put what they read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/error.h"
#include "fuzz.h"
#include "tree/content.h"
#include "tree/ingest.h"

namespace slipway::fuzz {

/// Takes small payloads as they are, and of long ones only the size.
class ImportStore final : public tree::Ingest, public Contents {
public:
    void add_small(std::uint64_t /*size*/, ReadSmall read, Done done) override {
        auto bytes = read();
        const auto size = bytes.size();
        spend(size);
        done(size == 0 ? tree::File{} : tree::File{size, keep(std::move(bytes))});
    }

    void add_long(const std::function<void(Feed& feed)>& push, Done done) override {
        Counter counter;
        push(counter);
        spend(counter.size);
        has_long = true;
        done(tree::File{counter.size + counter.holes, Digest{{1}}});
    }

    Digest add_object(tree::Kind /*kind*/, Buffer encoded) override {
        return keep(std::move(encoded));
    }

    bool holds(const tree::File& /*file*/) override { return false; }

    void settle() override {}

    std::unique_ptr<Blob> open(const Digest& id) const override {
        const auto found = objects_.find(id);
        return found == objects_.end() ? nullptr : std::make_unique<MemoryBlob>(found->second);
    }

    bool has_long = false;

private:
    struct Counter final : Feed {
        void data(ConstBytes bytes) override {
            size += bytes.size();
            stop_above_limit(size);
        }

        void zeros(std::uint64_t length) override { holes += length; }

        std::uint64_t size = 0;
        std::uint64_t holes = 0;
    };

    /// A few bytes may claim to be gigabytes: that is no error, only slow.
    static void stop_above_limit(std::uint64_t bytes) {
        constexpr std::uint64_t limit = 64ULL << 20U;
        if (bytes > limit) {
            throw Error(Fault::refused, "more payload than a fuzzer has time for");
        }
    }

    void spend(std::uint64_t bytes) {
        spent_ += bytes;
        stop_above_limit(spent_);
    }

    Digest keep(Buffer bytes) {
        const auto id = sha256(bytes);
        objects_[id] = std::make_shared<const Buffer>(std::move(bytes));
        return id;
    }

    std::map<Digest, std::shared_ptr<const Buffer>> objects_;
    std::uint64_t spent_ = 0;
};

/// Runs an importer on hostile bytes: it makes a tree, or refuses them in one of the ways it may.
template <typename Import>
void import(Import act) {
    ImportStore store;
    try {
        act(store);
    } catch (const Error& error) {
        require(error.fault() != Fault::internal && error.fault() != Fault::usage);
    }
}

} // namespace slipway::fuzz
