#include "server/file_cache.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
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

struct Kept {
    std::filesystem::path path;
    std::uint64_t size = 0;
    std::filesystem::file_time_type used; ///< when it was asked for last
};

/// The finished files in a directory.
std::vector<Kept> files_in(const std::filesystem::path& directory) {
    std::vector<Kept> files;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(directory, gone)) {
        if (entry.is_regular_file(gone) &&
            !entry.path().filename().native().starts_with(temporary_prefix)) {
            files.push_back({entry.path(), entry.file_size(gone), entry.last_write_time(gone)});
        }
    }
    return files;
}

} // namespace

FileCache::FileCache(std::filesystem::path directory, std::uint64_t limit_bytes)
    : directory_(std::move(directory)), limit_bytes_(limit_bytes) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
        throw system_error(error.value(), "cannot create " + directory_.native());
    }
    remove_abandoned(directory_);
}

std::shared_ptr<const FileBlob> FileCache::get(
    const std::string& name, const std::function<void(Sink& out)>& make, std::string_view outdated
) {
    if (auto file = find(name)) {
        return file;
    }
    const std::scoped_lock one_at_a_time(making_);
    if (auto file = find(name)) {
        return file;
    }
    FileReplacement file(directory_ / name);
    ContentSink content(file);
    make(content);
    // Opened before others can remove it.
    auto made = std::make_shared<const FileBlob>(
        FileDescriptor(fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0)), (directory_ / name).native()
    );
    file.finish();
    clean(name, outdated);
    return made;
}

/// Its time of last modification is when it was asked for last.
std::shared_ptr<const FileBlob> FileCache::find(const std::string& name) const {
    const auto path = directory_ / name;
    FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        return nullptr;
    }
    const std::array<timespec, 2> now{timespec{0, UTIME_NOW}, timespec{0, UTIME_NOW}};
    futimens(file.get(), now.data());
    return std::make_shared<const FileBlob>(std::move(file), path.native());
}

void FileCache::clean(const std::string& kept, std::string_view outdated) const {
    auto files = files_in(directory_);
    std::sort(files.begin(), files.end(), [](const Kept& a, const Kept& b) {
        return a.used > b.used;
    });
    std::error_code gone;
    std::uint64_t total = std::filesystem::file_size(directory_ / kept, gone);
    for (const auto& file : files) {
        const auto name = file.path.filename().native();
        if (name == kept) {
            continue;
        }
        const auto is_outdated = !outdated.empty() && name.starts_with(outdated);
        if (!is_outdated && total + file.size <= limit_bytes_) {
            total += file.size;
        } else {
            std::filesystem::remove(file.path, gone);
        }
    }
}

} // namespace slipway::server
