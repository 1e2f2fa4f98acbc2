#include "server/file_cache.h"

#include <unistd.h>

namespace slipway::server {

namespace {

/// Whoever writes the content may finish what it was given; the file is finished after that.
class ContentSink final : public Sink {
public:
    explicit ContentSink(Sink& file) : file_(file) {}

    void write(ConstBytes data) override { file_.write(data); }

    void finish() override {}

private:
    Sink& file_;
};

} // namespace

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
            ContentSink content(file);
            make(content);
            file.finish();
        }
    }
    return std::make_shared<const FileBlob>(path);
}

} // namespace slipway::server
