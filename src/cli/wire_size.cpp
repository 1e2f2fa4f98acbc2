#include "cli/wire_size.h"

#include <set>
#include <utility>

#include "tree/content.h"

namespace slipway::cli {

namespace {

/// Frames, and what they take on disk.
class Frames {
public:
    explicit Frames(const store::Repository& repository) : repository_(repository) {}

    void add(const Digest& chunk) {
        const auto location = repository_.index().find(chunk);
        if (location && seen_.emplace(location->pack, location->frame.offset).second) {
            bytes_ += location->frame.stored_length;
        }
    }

    void add(const tree::File& file) {
        if (file.size == 0) {
            return;
        }
        if (file.size <= tree::largest_single_chunk) {
            add(file.content);
            return;
        }
        for (const auto& run : tree::load_chunk_list(repository_, file.content).runs) {
            if (run.chunk) {
                add(*run.chunk);
            }
        }
    }

    std::uint64_t bytes() const { return bytes_; }

private:
    const store::Repository& repository_;
    std::set<std::pair<store::PackNumber, std::uint64_t>> seen_;
    std::uint64_t bytes_ = 0;
};

} // namespace

std::uint64_t
stored_bytes_of(const store::Repository& repository, const std::vector<tree::File>& files) {
    Frames frames(repository);
    for (const auto& file : files) {
        frames.add(file);
    }
    return frames.bytes();
}

} // namespace slipway::cli
