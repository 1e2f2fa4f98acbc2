// The tree that sources make one after another: the members of an archive, the layers of a
// container, the filesystems of a live medium.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/draft.h"

namespace slipway::formats {

/// Names are taken as extracting them as root would, except that no link is ever followed.
/// Errors: Fault::refused for names that leave the tree or pass through what is no directory;
/// Fault::corrupt for names that cannot be.
class LayeredTree {
public:
    using FolderId = Draft::FolderId;
    using InodeId = Draft::InodeId;

    LayeredTree() : names_(1), cleared_(1) {}

    Draft& draft() { return draft_; }

    const Draft& draft() const { return draft_; }

    /// What is added from here on lies over all that was added before.
    void begin_layer() { ++layer_; }

    // By path, as archives name things.

    /// The inode of the directory at `path`: the one there is, or a new one.
    Draft::Inode& directory(std::string_view path);

    /// Gives `path` to an inode that is no directory, in place of what had it.
    void place(std::string_view path, InodeId inode);

    /// Gives `path` to the inode that `existing` names, too; returns that inode.
    InodeId link(std::string_view path, std::string_view existing);

    /// Takes away what the layers below have at `path`.
    void hide(std::string_view path);

    /// Takes away what the layers below have in the directory at `path`, which is made if need be.
    void hide_content(std::string_view path);

    // By folder, as filesystems do.

    /// The folder of this name in `parent`: the one there is, or a new one.
    FolderId enter(FolderId parent, std::string_view name);
    void place(FolderId folder, std::string_view name, InodeId inode);
    void hide(FolderId folder, std::string_view name);
    void hide_content(FolderId folder);

    /// What `folder` has under this name; null if that is nothing.
    const Draft::Inode* find(FolderId folder, std::string_view name) const;

    /// All names in `folder`, in no order.
    std::vector<std::string> names(FolderId folder) const;

    /// Fills in the names of the draft's folders. Nothing can be added afterwards.
    void finish();

private:
    struct Slot {
        InodeId inode = 0;
        std::uint32_t layer = 0; ///< the last that spoke of it
    };

    using Names = std::unordered_map<std::string, Slot>;
    using Components = std::vector<std::string_view>;

    static Components components(std::string_view path);
    FolderId folder_at(std::string_view path, const Components& parts, std::size_t depth);
    FolderId add_folder(FolderId parent, std::string_view name);
    void set(FolderId folder, std::string_view name, InodeId inode);
    Slot* slot(FolderId folder, std::string_view name);
    bool is_empty_folder(const Slot& slot) const;

    Draft draft_;
    std::vector<Names> names_;           // by folder
    std::vector<std::uint32_t> cleared_; // by folder: the layer that has nothing from below in it
    std::uint32_t layer_ = 0;
};

} // namespace slipway::formats
