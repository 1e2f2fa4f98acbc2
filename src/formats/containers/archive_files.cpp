#include "formats/containers/archive_files.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/images/run_file.h"
#include "formats/tar_reader.h"

namespace slipway::formats {

namespace {

constexpr std::size_t most_members = 1U << 20U;

/// A Blob from some place on.
class PlacedSource final : public Source {
public:
    PlacedSource(const Blob& blob, std::uint64_t position) : blob_(blob), position_(position) {}

    std::size_t read(Bytes buffer) override {
        const auto left = position_ < blob_.size() ? blob_.size() - position_ : 0;
        const auto part = buffer.first(std::min<std::uint64_t>(buffer.size(), left));
        if (part.empty()) {
            return 0; // perhaps far behind the end
        }
        blob_.read_at(position_, part);
        position_ += part.size();
        return part.size();
    }

    std::uint64_t position() const { return position_; }

private:
    const Blob& blob_;
    std::uint64_t position_;
};

/// Without "./", empty parts and a slash at either end. "a/../b" is "b", as links of docker save
/// are.
std::string plain_path(std::string_view path) {
    std::vector<std::string_view> parts;
    for (const auto part : split(path, '/')) {
        if (part == "..") {
            if (!parts.empty()) {
                parts.pop_back();
            }
        } else if (!part.empty() && part != ".") {
            parts.push_back(part);
        }
    }
    std::string plain;
    for (const auto part : parts) {
        plain += (plain.empty() ? "" : "/");
        plain += part;
    }
    return plain;
}

} // namespace

std::unique_ptr<Blob> DirectoryFiles::open(std::string_view path) const {
    auto folder = open_file(directory_, O_RDONLY | O_DIRECTORY);
    const auto plain = plain_path(path);
    const auto parts = split(plain, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto is_last = i + 1 == parts.size();
        const auto flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (is_last ? O_NONBLOCK : O_DIRECTORY);
        FileDescriptor next(openat(folder.get(), std::string(parts[i]).c_str(), flags));
        if (!next.is_open()) {
            if (errno == ENOENT || errno == ENOTDIR) {
                return nullptr;
            }
            throw_errno(fmt::format("cannot open {}", (directory_ / plain).native()));
        }
        folder = std::move(next);
    }
    return std::make_unique<FileBlob>(std::move(folder), (directory_ / plain).native());
}

/// Reads headers only: each member by a reader of its own, which begins where the last one ended.
TarFiles::TarFiles(const Blob& archive) : archive_(archive) {
    std::uint64_t at = 0;
    while (true) {
        PlacedSource source(archive, at);
        TarReader reader(source);
        const auto member = reader.next();
        if (!member) {
            return;
        }
        const auto is_link = member->type == '1' || member->type == '2';
        auto link = member->link;
        if (member->type == '2' && !link.starts_with('/')) {
            const auto slash = member->path.rfind('/');
            link.insert(0, member->path, 0, slash == std::string::npos ? 0 : slash + 1);
        }
        const Place place{source.position(), member->size, is_link ? plain_path(link) : ""};
        if (is_link || member->type == '0') {
            places_.insert_or_assign(plain_path(member->path), place);
        }
        if (places_.size() > most_members) {
            throw Error(Fault::corrupt, "the archive of container images has too many members");
        }
        at = place.offset + (place.size + tar_block - 1) / tar_block * tar_block;
    }
}

std::unique_ptr<Blob> TarFiles::open(std::string_view path) const {
    constexpr int most_links = 4;
    auto wanted = plain_path(path);
    for (int links = 0; links < most_links; ++links) {
        const auto found = places_.find(wanted);
        if (found == places_.end()) {
            return nullptr;
        }
        const auto& place = found->second;
        if (place.link.empty()) {
            return std::make_unique<RunFile>(
                archive_, place.size, std::vector<RunFile::Run>{{0, place.size, place.offset}}
            );
        }
        wanted = place.link;
    }
    return nullptr;
}

} // namespace slipway::formats
