// The tree that the members of an archive make, one after another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/draft.h"

namespace slipway::formats {

/// Names are taken as extracting them as root would, except that no link is ever followed.
/// Errors: Fault::refused for names that leave the tree or pass through what is no directory.
class TarTree {
public:
    TarTree() : names_(1) {}

    Draft& draft() { return draft_; }

    /// The inode of the directory at `path`: the one there is, or a new one.
    Draft::Inode& directory(std::string_view path);

    /// Gives `path` to an inode that is no directory, in place of what had it.
    void place(std::string_view path, Draft::InodeId inode);

    /// Gives `path` to the inode that `existing` names, too.
    void link(std::string_view path, std::string_view existing);

    /// Fills in the names of the draft's folders. Nothing can be added afterwards.
    void finish();

private:
    using FolderId = Draft::FolderId;
    using Components = std::vector<std::string_view>;

    static Components components(std::string_view path);
    FolderId folder_above(std::string_view path, const Components& parts);
    FolderId add_folder(FolderId parent, std::string_view name);
    const Draft::InodeId* find(FolderId folder, std::string_view name) const;

    Draft draft_;
    std::vector<std::unordered_map<std::string, Draft::InodeId>> names_; // by folder
};

} // namespace slipway::formats
