// uses: formats tree base
// Any bytes as a tar archive: they become a tree or an Error, and a tree's archive is that tree.
#include <cstdint>
#include <map>

#include "base/error.h"
#include "formats/tar.h"
#include "fuzz.h"
#include "tree/content.h"

namespace {

using namespace slipway;

/// Takes small payloads as they are, and of long ones only the size.
class FuzzStore final : public tree::Ingest, public Contents {
public:
    void add_small(std::uint64_t /*size*/, ReadSmall read, Done done) override {
        auto bytes = read();
        const auto size = bytes.size();
        done(size == 0 ? tree::File{} : tree::File{size, keep(std::move(bytes))});
    }

    void add_long(const std::function<void(Feed& feed)>& push, Done done) override {
        Counter counter;
        push(counter);
        has_long = true;
        done(tree::File{counter.size, Digest{{1}}});
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
        void data(ConstBytes bytes) override { size += bytes.size(); }

        void zeros(std::uint64_t length) override { size += length; }

        std::uint64_t size = 0;
    };

    Digest keep(Buffer bytes) {
        const auto id = sha256(bytes);
        objects_[id] = std::make_shared<const Buffer>(std::move(bytes));
        return id;
    }

    std::map<Digest, std::shared_ptr<const Buffer>> objects_;
};

class BufferSink final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzStore store;
    MemorySource archive(fuzz::input(data, size));
    Digest tree;
    try {
        tree = formats::read_tar(archive, store, silent_reporter()).tree;
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::corrupt || error.fault() == Fault::refused);
        return 0;
    }
    if (!store.has_long) {
        BufferSink written;
        formats::write_tar(store, tree, written, silent_reporter());
        MemorySource again(written.bytes);
        fuzz::require(formats::read_tar(again, store, silent_reporter()).tree == tree);
    }
    return 0;
}
