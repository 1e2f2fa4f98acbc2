#include "formats/images/run_file.h"

#include <algorithm>

#include "base/error.h"

namespace slipway::formats {

RunFile::RunFile(const Blob& image, std::uint64_t size, std::vector<Run> runs)
    : image_(image), size_(size), runs_(std::move(runs)) {
    while (!runs_.empty() && runs_.back().offset >= size_) {
        runs_.pop_back();
    }
    std::uint64_t end = 0;
    for (auto& run : runs_) {
        run.length = std::min(run.length, size_ - run.offset);
        if (run.offset < end || run.place > image_.size() ||
            run.length > image_.size() - run.place) {
            throw Error(Fault::corrupt, "the place of a file in the image is impossible");
        }
        end = run.offset + run.length;
    }
}

std::vector<RunFile::Run>::const_iterator RunFile::run_at(std::uint64_t offset) const {
    return std::ranges::upper_bound(runs_, offset, {}, [](const Run& run) {
        return run.offset + run.length;
    });
}

void RunFile::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), size_);
    for (auto run = run_at(offset); !buffer.empty(); ++run) {
        const auto next = run == runs_.end() ? size_ : run->offset;
        if (next > offset) {
            const auto hole = std::min<std::uint64_t>(buffer.size(), next - offset);
            std::ranges::fill(buffer.first(hole), std::byte{0});
            buffer = buffer.subspan(hole);
            offset += hole;
        }
        if (buffer.empty()) {
            return;
        }
        const auto within = offset - run->offset;
        const auto part =
            buffer.first(std::min<std::uint64_t>(buffer.size(), run->length - within));
        image_.read_at(run->place + within, part);
        buffer = buffer.subspan(part.size());
        offset += part.size();
    }
}

std::uint64_t RunFile::data_from(std::uint64_t offset) const {
    const auto run = run_at(offset);
    return run == runs_.end() ? size_ : std::max(offset, run->offset);
}

} // namespace slipway::formats
