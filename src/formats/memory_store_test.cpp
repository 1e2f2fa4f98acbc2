#include "formats/memory_store_test.h"

#include "tree/codec.h"

namespace slipway::formats {

namespace {

class CutFeed final : public tree::Ingest::Feed {
public:
    explicit CutFeed(tree::Cutter& cutter) : cutter_(cutter) {}

    void data(ConstBytes bytes) override { cutter_.data(bytes); }

    void zeros(std::uint64_t length) override { cutter_.zeros(length); }

private:
    tree::Cutter& cutter_;
};

} // namespace

Digest MemoryStore::keep(Buffer bytes) {
    const auto id = sha256(bytes);
    objects_.try_emplace(id, std::make_shared<const Buffer>(std::move(bytes)));
    return id;
}

void MemoryStore::add_small(std::uint64_t /*size*/, ReadSmall read, Done done) {
    auto bytes = read();
    ++payloads_added;
    const auto size = bytes.size();
    done(size == 0 ? tree::File{} : tree::File{size, keep(std::move(bytes))});
}

void MemoryStore::add_long(const std::function<void(Feed& feed)>& push, Done done) {
    tree::ChunkList list;
    Buffer start; // of the file, as far as it may be small
    tree::Cutter cutter([&](std::uint64_t length, ConstBytes bytes) {
        const auto is_data = !bytes.empty();
        list.runs.push_back({length, is_data ? std::optional(keep(to_buffer(bytes))) : std::nullopt}
        );
        if (start.size() + length <= tree::largest_single_chunk) {
            start.insert(start.end(), bytes.begin(), bytes.end());
            start.resize(start.size() + (is_data ? 0 : length));
        }
    });
    CutFeed feed(cutter);
    push(feed);
    cutter.end();
    const auto size = list.size();
    if (size <= tree::largest_single_chunk) {
        add_small(
            size, [&] { return std::move(start); }, std::move(done)
        );
        return;
    }
    ++payloads_added;
    done(tree::File{size, keep(tree::encode(list))});
}

Digest MemoryStore::add_object(tree::Kind /*kind*/, Buffer encoded) {
    return keep(std::move(encoded));
}

std::unique_ptr<Blob> MemoryStore::open(const Digest& id) const {
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : std::make_unique<MemoryBlob>(found->second);
}

} // namespace slipway::formats
