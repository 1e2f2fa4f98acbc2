// A filesystem in a Blob, read without being mounted.
//
// Each format has a reader; ImageImport makes a tree of what one shows. Readers take hostile bytes:
// Fault::corrupt for what cannot be, Fault::refused with a hint for what they do not know.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::formats {

/// The payload of a file in an image. Any thread.
class ImageFile : public Blob {
public:
    /// The first place from `offset` on that may hold anything but zeros; size() if there is none.
    virtual std::uint64_t data_from(std::uint64_t offset) const { return offset; }
};

/// One thread, but for the files it opens. The Blob it reads outlives it, and it outlives its
/// files.
class ImageReader {
public:
    /// Equal for all names of one inode.
    using NodeId = std::uint64_t;

    struct Node {
        std::uint32_t mode = 0; ///< with its type, as stat(2) gives it
        std::uint32_t uid = 0;
        std::uint32_t gid = 0;
        tree::Time mtime{};
        std::uint64_t size = 0;            ///< of a regular file
        std::uint64_t device = 0;          ///< dev_t
        std::string target{};              ///< of a symbolic link
        std::vector<tree::Xattr> xattrs{}; ///< in any order, not checked
    };

    struct Child {
        std::string name; ///< not checked; neither "." nor ".."
        NodeId node = 0;
    };

    virtual ~ImageReader() = default;

    virtual NodeId root() const = 0;
    virtual Node node(NodeId id) = 0;
    virtual std::vector<Child> children(NodeId directory) = 0;
    virtual std::unique_ptr<ImageFile> open(NodeId file) = 0;
};

/// What `path` ("live/vmlinuz", no links followed) names, if anything.
std::optional<ImageReader::NodeId> look_up(ImageReader& image, std::string_view path);

} // namespace slipway::formats
