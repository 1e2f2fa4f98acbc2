// Trees as flat maps and random ones, for tests.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "tree/codec.h"
#include "tree/content.h"
#include "tree/memory_contents.h"
#include "tree/walk.h"

namespace slipway::tree {

/// Every entry by its path, the root as "". A directory's entry carries its own attributes; its
/// digest is left out, since it follows from the other entries.
using ModelTree = std::map<std::string, Entry>;

inline std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

inline bool is_directory(const Entry& entry) {
    return std::holds_alternative<Subdirectory>(entry.node);
}

/// True for `directory` itself and for what is below it.
inline bool lies_at(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory + "/");
}

/// Puts the directories of a tree; their digests by path.
inline std::map<std::string, Digest> put(MemoryContents& contents, const ModelTree& tree) {
    std::map<std::string, std::vector<Entry>> below;
    std::vector<std::pair<std::ptrdiff_t, std::string>> directories; // the deepest first
    for (const auto& [path, entry] : tree) {
        if (is_directory(entry)) {
            directories.emplace_back(-std::count(path.begin(), path.end(), '/'), path);
        } else {
            below[parent_of(path)].push_back(entry);
        }
    }
    std::sort(directories.begin(), directories.end());
    std::map<std::string, Digest> digests;
    for (const auto& [depth, path] : directories) {
        auto entries = below[path];
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
            return a.name < b.name;
        });
        const auto& entry = tree.at(path);
        digests[path] = contents.put(encode(Directory{entry.attributes, entries}));
        if (!path.empty()) {
            below[parent_of(path)].push_back({entry.name, Subdirectory{digests[path]}, {}, {}});
        }
    }
    return digests;
}

/// 0 to `limit` - 1, evenly: RapidCheck alone would keep to small numbers.
inline unsigned pick(std::size_t limit) {
    const auto range = rc::gen::inRange(0U, static_cast<unsigned>(limit));
    return *rc::gen::resize(rc::kNominalSize, range);
}

inline std::string pick_name() {
    constexpr std::array<const char*, 6> names{"a", "a.b", "b", "c", "d", "e"};
    return names.at(pick(names.size()));
}

inline Entry random_entry(const std::string& name) {
    Entry entry{name, Subdirectory{}, {}, {}};
    switch (pick(8)) {
    case 0:
        entry.node = File{};
        break;
    case 1:
        entry.node = Symlink{std::string(1 + pick(2), 't')};
        break;
    case 2:
        entry.node = Device{pick(2) == 0 ? DeviceKind::block : DeviceKind::character, pick(2), 1};
        break;
    case 3:
        entry.node = Fifo{};
        break;
    case 4:
    case 5:
        entry.node = File{1 + pick(3), Digest{{static_cast<std::uint8_t>(1 + pick(3))}}};
        break;
    default:
        break;
    }
    entry.attributes = {
        0600 + pick(2), pick(8) / 7, pick(8) / 7, {static_cast<std::int64_t>(pick(2)), 0}, {}};
    if (pick(6) == 0) {
        entry.attributes.xattrs = {{"user.a", std::to_string(pick(2))}};
    }
    if (pick(6) == 0 && !is_directory(entry)) {
        entry.link = LinkId::of_path(std::to_string(pick(2)));
    }
    return entry;
}

inline std::string random_directory(const ModelTree& tree) {
    std::vector<std::string> paths;
    for (const auto& [path, entry] : tree) {
        if (is_directory(entry)) {
            paths.push_back(path);
        }
    }
    return paths[pick(paths.size())];
}

inline std::string random_path(const ModelTree& tree) {
    return std::next(tree.begin(), pick(tree.size()))->first;
}

/// Adds an entry at a random place, if that is free.
inline void add_some(ModelTree& tree) {
    const auto name = pick_name();
    tree.try_emplace(random_directory(tree) + "/" + name, random_entry(name));
}

inline void remove_at(ModelTree& tree, const std::string& top) {
    std::erase_if(tree, [&](const auto& item) { return lies_at(item.first, top); });
}

inline void move_some(ModelTree& tree) {
    const auto from = random_path(tree);
    const auto parent = random_directory(tree);
    const auto name = pick_name();
    const auto to = parent + "/" + name;
    if (from.empty() || lies_at(parent, from) || tree.contains(to)) {
        return;
    }
    const auto old = tree;
    remove_at(tree, from);
    for (const auto& [path, entry] : old) {
        if (lies_at(path, from)) {
            tree[to + path.substr(from.size())] = entry;
        }
    }
    tree[to].name = name;
}

inline void change_some(ModelTree& tree) {
    const auto path = random_path(tree);
    auto fresh = random_entry(tree.at(path).name);
    auto& entry = tree.at(path);
    if (!is_directory(entry) && !is_directory(fresh)) {
        entry.node = fresh.node;
        entry.link = fresh.link;
    }
    entry.attributes = fresh.attributes;
}

inline ModelTree random_tree() {
    ModelTree tree{{"", {"", Subdirectory{}, {0755, 0, 0, {}, {}}, {}}}};
    for (auto left = pick(60); left > 0; --left) {
        add_some(tree);
    }
    return tree;
}

/// What a few changes make of a tree.
inline ModelTree changed(ModelTree tree) {
    for (auto left = pick(12); left > 0; --left) {
        switch (pick(5)) {
        case 0:
            if (const auto path = random_path(tree); !path.empty()) {
                remove_at(tree, path);
            }
            break;
        case 1:
            add_some(tree);
            break;
        case 2:
            change_some(tree);
            break;
        default:
            move_some(tree);
            break;
        }
    }
    return tree;
}

} // namespace slipway::tree
