#include "server/file_cache.h"

#include <unistd.h>

namespace slipway::server {

FileCache::FileCache(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
        throw system_error(error.value(), "cannot create " + directory_.native());
    }
}

std::shared_ptr<const FileBlob>
FileCache::get(const std::string& name, const std::function<void(Sink& out)>& make) {
    const auto path = directory_ / name;
    if (access(path.c_str(), R_OK) != 0) {
        const std::scoped_lock one_at_a_time(making_);
        if (access(path.c_str(), R_OK) != 0) {
            FileReplacement file(path);
            make(file);
            file.finish();
        }
    }
    return std::make_shared<const FileBlob>(path);
}

} // namespace slipway::server
