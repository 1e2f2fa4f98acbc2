#include "formats/overlay_links.h"

#include <map>
#include <string>
#include <vector>

#include "tree/codec.h"
#include "tree/merge/conflict.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

/// The name of an inode.
struct Name {
    std::string directory;
    std::string name;
    tree::LinkId link;

    std::string path() const { return directory + "/" + name; }
};

/// What is known of a group: its first path, and how many names it has.
struct Group {
    std::string first;
    std::size_t names = 0;
};

using Fixes = std::map<std::string, std::optional<tree::LinkId>>; // by name

std::vector<Name> linked_names(const Contents& contents, const Digest& tree) {
    std::vector<Name> names;
    tree::walk(contents, tree, [&](const auto& path, const auto& /*id*/, const auto& directory) {
        for (const auto& entry : directory.entries) {
            if (entry.link) {
                names.push_back({path, entry.name, *entry.link});
            }
        }
    });
    return names;
}

std::map<tree::LinkId, Group> groups_of(const std::vector<Name>& names) {
    std::map<tree::LinkId, Group> groups;
    for (const auto& name : names) {
        auto& group = groups[name.link];
        auto path = name.path();
        if (group.names++ == 0 || tree::path_before(path, group.first)) {
            group.first = std::move(path);
        }
    }
    return groups;
}

/// What must change, by directory; the directories above each are there too.
std::map<std::string, Fixes> fixes_for(const std::vector<Name>& names) {
    std::map<std::string, Fixes> fixes;
    const auto groups = groups_of(names);
    for (const auto& name : names) {
        const auto& group = groups.at(name.link);
        const auto right =
            group.names > 1 ? std::optional(tree::LinkId::of_path(group.first)) : std::nullopt;
        if (right != name.link) {
            fixes[name.directory][name.name] = right;
            for (auto above = name.directory; !above.empty();) {
                above.resize(above.rfind('/'));
                fixes.try_emplace(above);
            }
        }
    }
    return fixes;
}

} // namespace

tree::LinkId upper_link(const tree::LinkId& link) {
    std::string text = "upper";
    for (const auto byte : link.bytes) {
        text += static_cast<char>(byte);
    }
    return tree::LinkId::of_path(text);
}

Digest with_canonical_links(const Contents& contents, tree::MergeSink& sink, const Digest& tree) {
    const auto fixes = fixes_for(linked_names(contents, tree));
    std::map<std::string, Digest> done;
    // Backwards: what is in a directory comes before it.
    for (auto at = fixes.rbegin(); at != fixes.rend(); ++at) {
        const auto& [path, fixed] = *at;
        auto directory = *tree::find(contents, tree, path).directory;
        for (auto& entry : directory.entries) {
            if (const auto fix = fixed.find(entry.name); fix != fixed.end()) {
                entry.link = fix->second;
            }
            if (const auto below = done.find(path + "/" + entry.name); below != done.end()) {
                entry.node = tree::Subdirectory{below->second};
            }
        }
        done[path] = sink.add(tree::Kind::directory, tree::encode(directory));
    }
    const auto root = done.find("");
    return root == done.end() ? tree : root->second;
}

} // namespace slipway::formats
