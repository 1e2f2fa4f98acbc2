// Files that are made once and served often.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/file.h"

namespace slipway::server {

/// Any thread. What is in the directory is named so that it never goes stale, and may be removed
/// at any time. When a file is made, those that were asked for longest ago go until all together
/// are no larger than the limit; who reads them may read on.
class FileCache {
public:
    /// Makes the directory at need. A file larger than the limit is kept alone.
    FileCache(std::filesystem::path directory, std::uint64_t limit_bytes);

    /// The file `name`, written by `make` if it is not there; one is made at a time. Then those
    /// whose names begin with `outdated` are removed, if that is not empty.
    std::shared_ptr<const FileBlob>
    get(const std::string& name,
        const std::function<void(Sink& out)>& make,
        std::string_view outdated = {});

private:
    std::shared_ptr<const FileBlob> find(const std::string& name) const;
    void clean(const std::string& kept, std::string_view outdated) const;

    std::filesystem::path directory_;
    std::uint64_t limit_bytes_;
    std::mutex making_;
};

} // namespace slipway::server
