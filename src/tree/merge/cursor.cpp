#include "tree/merge/cursor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::tree::merging {

namespace {

/// About 30 MB of entries.
constexpr std::size_t most_kept_entries = 100'000;

const Entry* unless_directory(const Entry* entry) {
    return directory_of(entry) ? nullptr : entry;
}

bool differ(const Entry* a, const Entry* b) {
    return a == nullptr || b == nullptr ? a != b : *a != *b;
}

} // namespace

std::shared_ptr<const Directory> DirectoryReader::read(const Digest& id) {
    const auto at = kept_.find(id);
    if (at != kept_.end()) {
        return at->second;
    }
    ++read_count_;
    auto directory = std::make_shared<const Directory>(load_directory(contents_, id));
    const auto entries = directory->entries.size() + 1;
    if (kept_entries_ + entries <= most_kept_entries) {
        kept_entries_ += entries;
        kept_.emplace(id, directory);
    }
    return directory;
}

void Cursor::enter(const std::string& name, const Triple<std::optional<Digest>>& directories) {
    const auto outer_path = path_.size();
    if (!levels_.empty()) {
        path_ += "/" + name;
    }
    const During reading([&] { return fmt::format("reading '{}/'", printable(path_)); });
    if (levels_.size() > deepest_tree) {
        throw Error(Fault::corrupt, fmt::format("a tree is deeper than {}", deepest_tree));
    }
    Level level;
    level.outer_path = outer_path;
    for (const auto version : all_versions) {
        if (const auto& id = directories.of(version)) {
            level.directories.of(version) = reader_.read(*id);
        }
    }
    levels_.push_back(std::move(level));
}

std::optional<Names> Cursor::next() {
    auto& level = levels_.back();
    Names names;
    Triple<const Entry*> heads;
    for (const auto version : all_versions) {
        const auto& directory = level.directories.of(version);
        const auto place = level.places.of(version);
        if (directory == nullptr || place == directory->entries.size()) {
            continue;
        }
        heads.of(version) = &directory->entries[place];
        if (names.name == nullptr || heads.of(version)->name < *names.name) {
            names.name = &heads.of(version)->name;
        }
    }
    if (names.name == nullptr) {
        return std::nullopt;
    }
    for (const auto version : all_versions) {
        if (heads.of(version) != nullptr && heads.of(version)->name == *names.name) {
            names.entries.of(version) = heads.of(version);
            ++level.places.of(version);
        }
    }
    return names;
}

void Cursor::leave() {
    path_.resize(levels_.back().outer_path);
    levels_.pop_back();
}

std::optional<Digest> directory_of(const Entry* entry) {
    const auto* node = entry == nullptr ? nullptr : std::get_if<Subdirectory>(&entry->node);
    return node == nullptr ? std::nullopt : std::optional(node->directory);
}

Triple<std::optional<Digest>> directories_of(const Triple<const Entry*>& entries) {
    return {directory_of(entries.base), directory_of(entries.ours), directory_of(entries.theirs)};
}

std::optional<Entry> copy_of(const Entry* entry) {
    return entry == nullptr ? std::nullopt : std::optional(*entry);
}

void for_each_change(
    DirectoryReader& reader, const ChangedSubtree& subtree, const EachChange& each
) {
    Cursor cursor(reader, subtree.path);
    cursor.enter({}, {subtree.before, subtree.after, std::nullopt});
    while (cursor.inside()) {
        const auto names = cursor.next();
        if (!names) {
            cursor.leave();
            continue;
        }
        const auto* before = unless_directory(names->entries.base);
        const auto* after = unless_directory(names->entries.ours);
        if (differ(before, after)) {
            each(cursor.path_of(*names->name), before, after);
        }
        const auto directories = directories_of(names->entries);
        if (directories.base != directories.ours) {
            cursor.enter(*names->name, directories);
        }
    }
}

} // namespace slipway::tree::merging
