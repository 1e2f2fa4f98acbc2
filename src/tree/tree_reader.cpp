#include "tree/tree_reader.h"

#include <deque>
#include <vector>

#include "base/text.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::tree {

namespace {

// As Linux: more links than this on one path are a circle.
constexpr int most_links = 40;

struct Level {
    std::string name;
    Digest directory;
};

/// Puts the components of `path` before those still to be walked.
void walk_next(std::deque<std::string>& waiting, std::string_view path) {
    const auto parts = split(path, '/');
    waiting.insert(waiting.begin(), parts.begin(), parts.end());
}

std::string joined(const std::vector<Level>& levels, std::string_view last) {
    std::string path;
    for (const auto& level : levels) {
        path += "/" + level.name;
    }
    if (!last.empty()) {
        path += "/";
        path += last;
    }
    return path;
}

} // namespace

TreeReader::TreeReader(const Contents& contents, const Digest& tree)
    : contents_(contents), root_(tree) {}

const Directory& TreeReader::directory(const Digest& id) {
    auto& held = directories_[id];
    if (!held) {
        held = std::make_unique<const Directory>(load_directory(contents_, id));
    }
    return *held;
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): one case for each kind of component.
std::optional<Place> TreeReader::look_up(std::string_view path) {
    std::deque<std::string> waiting;
    walk_next(waiting, path);
    std::vector<Level> levels; // below the root
    int links = 0;
    while (!waiting.empty()) {
        const auto name = std::move(waiting.front());
        waiting.pop_front();
        if (name.empty() || name == ".") {
            continue;
        }
        if (name == "..") {
            if (!levels.empty()) {
                levels.pop_back();
            }
            continue;
        }
        const auto* entry =
            entry_named(directory(levels.empty() ? root_ : levels.back().directory), name);
        if (entry == nullptr) {
            return std::nullopt;
        }
        if (const auto* link = std::get_if<Symlink>(&entry->node)) {
            if (++links > most_links) {
                return std::nullopt;
            }
            if (link->target.starts_with('/')) {
                levels.clear();
            }
            walk_next(waiting, link->target);
        } else if (const auto* below = std::get_if<Subdirectory>(&entry->node)) {
            levels.push_back({name, below->directory});
        } else if (waiting.empty()) {
            return Place{joined(levels, name), entry->node};
        } else {
            return std::nullopt;
        }
    }
    const auto& id = levels.empty() ? root_ : levels.back().directory;
    return Place{joined(levels, ""), Subdirectory{id}};
}

const std::vector<Entry>& TreeReader::list(std::string_view path) {
    static const std::vector<Entry> nothing;
    const auto place = look_up(path);
    if (!place) {
        return nothing;
    }
    const auto* found = std::get_if<Subdirectory>(&place->node);
    return found == nullptr ? nothing : directory(found->directory).entries;
}

std::optional<Buffer> TreeReader::read(std::string_view path, std::uint64_t limit) {
    const auto place = look_up(path);
    if (!place) {
        return std::nullopt;
    }
    const auto* file = std::get_if<File>(&place->node);
    if (file == nullptr) {
        return std::nullopt;
    }
    return read_all(*open_file(contents_, *file), limit);
}

} // namespace slipway::tree
