// The files that an archive of container images consists of, in a directory or in a tar archive.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace slipway::formats {

class ArchiveFiles {
public:
    virtual ~ArchiveFiles() = default;

    /// The file at `path` ("blobs/sha256/0a1b…"); null if there is none. It may need this object.
    virtual std::unique_ptr<Blob> open(std::string_view path) const = 0;
};

/// Files below a directory. No links are followed and nothing outside is reached.
class DirectoryFiles final : public ArchiveFiles {
public:
    explicit DirectoryFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

    std::unique_ptr<Blob> open(std::string_view path) const override;

private:
    std::filesystem::path directory_;
};

/// The members of a tar archive that is not compressed, found once and read where they lie.
class TarFiles final : public ArchiveFiles {
public:
    /// `archive` outlives it. Throws Fault::corrupt.
    explicit TarFiles(const Blob& archive);

    std::unique_ptr<Blob> open(std::string_view path) const override;

private:
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::string link; ///< the path it stands for, if it is a link
    };

    const Blob& archive_;
    std::map<std::string, Place, std::less<>> places_;
};

} // namespace slipway::formats
