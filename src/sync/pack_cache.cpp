#include "sync/pack_cache.h"

#include <fcntl.h>

namespace slipway::sync {

PackCache::PackCache(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
        throw system_error(error.value(), "cannot create the cache " + directory_.native());
    }
}

std::shared_ptr<const FileDescriptor> PackCache::file_of(const Digest& pack) {
    const auto files = files_.lock();
    auto& file = (*files)[pack];
    if (!file) {
        const auto path = directory_ / (pack.hex() + ".part");
        file = std::make_shared<const FileDescriptor>(open_file(path, O_RDWR | O_CREAT, 0644));
    }
    return file;
}

std::optional<Buffer> PackCache::find(const Digest& pack, const store::FramePlace& place) {
    const auto file = file_of(pack);
    Buffer stored(place.stored_length);
    const auto count = pread_some(file->get(), place.offset, stored, "the cache");
    if (count != stored.size() || all_zero(stored)) {
        return std::nullopt;
    }
    return stored;
}

void PackCache::keep(const Digest& pack, const store::FramePlace& place, ConstBytes stored) {
    pwrite_all(file_of(pack)->get(), place.offset, stored, "the cache");
}

} // namespace slipway::sync
