#include "server/boot/small_tree.h"

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::server::boot {

void SmallTree::put(std::string_view path, tree::Node node) {
    auto* folder = root_.get();
    const auto parts = split(path, '/');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        auto& below = folder->entries[std::string(parts[i])];
        if (!std::holds_alternative<std::unique_ptr<Folder>>(below) ||
            !std::get<std::unique_ptr<Folder>>(below)) {
            below = std::make_unique<Folder>();
        }
        folder = std::get<std::unique_ptr<Folder>>(below).get();
    }
    folder->entries[std::string(parts.back())] = std::move(node);
}

SmallTree& SmallTree::file(std::string_view path, std::string_view text) {
    tree::File file{text.size(), {}};
    if (text.size() <= tree::largest_single_chunk) {
        file.content = text.empty() ? Digest{} : keep(to_buffer(as_bytes(text)));
    } else {
        tree::ChunkList list;
        tree::Cutter cutter([&](std::uint64_t length, ConstBytes bytes) {
            const auto chunk = bytes.empty() ? std::nullopt : std::optional(keep(to_buffer(bytes)));
            list.runs.push_back({length, chunk});
        });
        cutter.data(as_bytes(text));
        cutter.end();
        file.content = keep(tree::encode(list));
    }
    put(path, file);
    return *this;
}

SmallTree& SmallTree::link(std::string_view path, std::string_view target) {
    put(path, tree::Symlink{std::string(target)});
    return *this;
}

SmallTree& SmallTree::copy(std::string_view path, const std::string& directory) {
    namespace fs = std::filesystem;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        const auto name =
            std::string(path) + "/" + entry.path().lexically_relative(directory).string();
        if (entry.is_symlink()) {
            link(name, fs::read_symlink(entry.path()).string());
        } else if (entry.is_regular_file()) {
            file(name, as_text(read_file(entry.path())));
        }
    }
    return *this;
}

Digest SmallTree::keep(Buffer bytes) {
    const auto id = sha256(bytes);
    objects_.emplace(id, std::make_shared<const Buffer>(std::move(bytes)));
    return id;
}

Digest SmallTree::keep(const Folder& folder) {
    tree::Directory directory;
    directory.attributes.mode = 0755;
    for (const auto& [name, entry] : folder.entries) {
        if (const auto* below = std::get_if<std::unique_ptr<Folder>>(&entry)) {
            directory.entries.push_back({name, tree::Subdirectory{keep(**below)}, {}, {}});
        } else {
            directory.entries.push_back({name, std::get<tree::Node>(entry), {}, {}});
        }
    }
    return keep(tree::encode(directory));
}

Digest SmallTree::root() {
    return keep(*root_);
}

std::unique_ptr<Blob> SmallTree::open(const Digest& id) const {
    const auto at = objects_.find(id);
    return at == objects_.end() ? nullptr : std::make_unique<MemoryBlob>(at->second);
}

} // namespace slipway::server::boot
