#include "tree/content.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/guarded.h"
#include "tree/codec.h"

namespace slipway::tree {

namespace {

std::unique_ptr<Blob> open_object(const Contents& contents, const Digest& id, const char* what) {
    auto blob = contents.open(id);
    if (!blob) {
        throw Error(Fault::not_found, fmt::format("{} {} is missing", what, id.hex()));
    }
    return blob;
}

std::unique_ptr<Blob> open_chunk(const Contents& contents, const Digest& id, std::uint64_t size) {
    auto blob = open_object(contents, id, "chunk");
    if (blob->size() != size) {
        throw Error(
            Fault::corrupt,
            fmt::format("chunk {} has {} bytes, not {}", id.hex(), blob->size(), size)
        );
    }
    return blob;
}

template <typename Decode>
auto load(const Contents& contents, const Digest& id, const char* what, Decode decode) {
    const During loading([&] { return fmt::format("reading {} {}", what, id.hex()); });
    return decode(read_all(*open_object(contents, id, what), largest_object));
}

/// A file of many runs.
class LongFile final : public Blob {
public:
    LongFile(const Contents& contents, ChunkList list)
        : contents_(contents), runs_(std::move(list.runs)) {
        for (const auto& run : runs_) {
            offsets_.push_back(size_);
            size_ += run.length;
        }
    }

    std::uint64_t size() const override { return size_; }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        check_range(offset, buffer.size(), size_);
        const auto after = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
        auto index = static_cast<std::size_t>(after - offsets_.begin()) - 1;
        for (; !buffer.empty(); ++index) {
            const auto skipped = offset - offsets_[index];
            const auto length =
                std::min<std::uint64_t>(buffer.size(), runs_[index].length - skipped);
            read_run(index, skipped, buffer.first(length));
            offset += length;
            buffer = buffer.subspan(length);
        }
    }

private:
    /// The chunk that was read last: small reads in order open each chunk once.
    struct Opened {
        std::size_t index = 0;
        std::shared_ptr<const Blob> chunk;
    };

    void read_run(std::size_t index, std::uint64_t offset, Bytes buffer) const {
        if (!runs_[index].chunk) {
            std::fill(buffer.begin(), buffer.end(), std::byte{0});
            return;
        }
        auto opened = *last_.lock();
        if (!opened.chunk || opened.index != index) {
            opened = {index, open_chunk(contents_, *runs_[index].chunk, runs_[index].length)};
            *last_.lock() = opened;
        }
        opened.chunk->read_at(offset, buffer);
    }

    const Contents& contents_;
    std::vector<Run> runs_;
    std::vector<std::uint64_t> offsets_;
    std::uint64_t size_ = 0;
    mutable Guarded<Opened> last_;
};

} // namespace

std::unique_ptr<Blob> open_file(const Contents& contents, const File& file) {
    if (file.size == 0) {
        return std::make_unique<MemoryBlob>(Buffer{});
    }
    if (file.size <= largest_single_chunk) {
        return open_chunk(contents, file.content, file.size);
    }
    auto list = load_chunk_list(contents, file.content);
    if (list.size() != file.size) {
        throw Error(
            Fault::corrupt,
            fmt::format(
                "chunk list {} has {} bytes, not {}", file.content.hex(), list.size(), file.size
            )
        );
    }
    return std::make_unique<LongFile>(contents, std::move(list));
}

Directory load_directory(const Contents& contents, const Digest& id) {
    return load(contents, id, "directory", decode_directory);
}

ChunkList load_chunk_list(const Contents& contents, const Digest& id) {
    return load(contents, id, "chunk list", decode_chunk_list);
}

Commit load_commit(const Contents& contents, const Digest& id) {
    return load(contents, id, "commit", decode_commit);
}

} // namespace slipway::tree
