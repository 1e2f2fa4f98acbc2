// Files that are made once and served often.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"

namespace slipway::server {

/// Any thread. What is in the directory is named so that it never goes stale, and may be removed
/// at any time.
class FileCache {
public:
    /// Makes the directory at need.
    explicit FileCache(std::filesystem::path directory);

    /// The file `name`, written by `make` if it is not there; one is made at a time.
    std::shared_ptr<const FileBlob>
    get(const std::string& name, const std::function<void(Sink& out)>& make);

private:
    std::filesystem::path directory_;
    std::mutex making_;
};

} // namespace slipway::server
