// Small trees made by hand, for tests: objects kept in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::server::boot {

/// Paths are added in any order, with the directories they lie in; then root() makes the objects.
class SmallTree final : public Contents {
public:
    SmallTree() : root_(std::make_unique<Folder>()) {}

    SmallTree& file(std::string_view path, std::string_view text);
    SmallTree& link(std::string_view path, std::string_view target);

    /// All files and links below `directory` of the machine, at `path`.
    SmallTree& copy(std::string_view path, const std::string& directory);

    Digest root();

    std::unique_ptr<Blob> open(const Digest& id) const override;

private:
    struct Folder {
        std::map<std::string, std::variant<std::unique_ptr<Folder>, tree::Node>, std::less<>>
            entries;
    };

    void put(std::string_view path, tree::Node node);
    Digest keep(Buffer bytes);
    Digest keep(const Folder& folder);

    std::unique_ptr<Folder> root_;
    std::unordered_map<Digest, std::shared_ptr<const Buffer>> objects_;
};

} // namespace slipway::server::boot
