#include "formats/layered_tree.h"

#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
    throw Error(Fault::refused, fmt::format("member {} {}", printable(path), why));
}

} // namespace

/// Without empty ones and "."; empty for the root.
LayeredTree::Components LayeredTree::components(std::string_view path) {
    if (path.find('\0') != std::string_view::npos) {
        refuse(path, "has a zero byte in its name");
    }
    Components parts;
    for (const auto part : split(path, '/')) {
        if (part.empty() || part == ".") {
            continue;
        }
        if (part == "..") {
            refuse(path, "leaves the archive's root");
        }
        if (part.size() > tree::longest_name) {
            refuse(path, fmt::format("has a name longer than {} bytes", tree::longest_name));
        }
        parts.push_back(part);
    }
    if (parts.size() > tree::deepest_tree) {
        refuse(path, "is nested too deeply");
    }
    return parts;
}

LayeredTree::Slot* LayeredTree::slot(FolderId folder, std::string_view name) {
    auto& names = names_[folder];
    const auto found = names.find(std::string(name));
    return found == names.end() ? nullptr : &found->second;
}

const Draft::Inode* LayeredTree::find(FolderId folder, std::string_view name) const {
    const auto& names = names_[folder];
    const auto found = names.find(std::string(name));
    return found == names.end() ? nullptr : &draft_.inode(found->second.inode);
}

std::vector<std::string> LayeredTree::names(FolderId folder) const {
    std::vector<std::string> names;
    for (const auto& [name, slot] : names_[folder]) {
        names.push_back(name);
    }
    return names;
}

void LayeredTree::set(FolderId folder, std::string_view name, InodeId inode) {
    names_[folder].insert_or_assign(std::string(name), Slot{inode, layer_});
}

LayeredTree::FolderId LayeredTree::add_folder(FolderId parent, std::string_view name) {
    const auto folder = draft_.add_folder();
    names_.emplace_back();
    cleared_.push_back(layer_);
    set(parent, name, draft_.folder(folder).inode);
    return folder;
}

/// The folder that the first `depth` parts name; what is missing is made.
LayeredTree::FolderId
LayeredTree::folder_at(std::string_view path, const Components& parts, std::size_t depth) {
    auto folder = Draft::root;
    for (std::size_t i = 0; i < depth; ++i) {
        auto* found = slot(folder, parts[i]);
        if (found == nullptr) {
            folder = add_folder(folder, parts[i]);
            continue;
        }
        const auto& inode = draft_.inode(found->inode);
        if (!S_ISDIR(inode.mode)) {
            const auto is_link = S_ISLNK(inode.mode);
            refuse(path, is_link ? "passes through a symbolic link" : "passes through a file");
        }
        found->layer = layer_;
        folder = static_cast<FolderId>(inode.detail);
    }
    return folder;
}

LayeredTree::FolderId LayeredTree::enter(FolderId parent, std::string_view name) {
    auto* found = slot(parent, name);
    if (found != nullptr && S_ISDIR(draft_.inode(found->inode).mode)) {
        found->layer = layer_;
        return static_cast<FolderId>(draft_.inode(found->inode).detail);
    }
    return add_folder(parent, name);
}

Draft::Inode& LayeredTree::directory(std::string_view path) {
    const auto parts = components(path);
    if (parts.empty()) {
        return draft_.folder_inode(Draft::root);
    }
    const auto parent = folder_at(path, parts, parts.size() - 1);
    return draft_.folder_inode(enter(parent, parts.back()));
}

bool LayeredTree::is_empty_folder(const Slot& slot) const {
    const auto& inode = draft_.inode(slot.inode);
    return S_ISDIR(inode.mode) && names_[inode.detail].empty();
}

void LayeredTree::place(FolderId folder, std::string_view name, InodeId inode) {
    hide(folder, name); // a layer may put a file where the one below has a directory
    const auto* found = slot(folder, name);
    if (found != nullptr && S_ISDIR(draft_.inode(found->inode).mode) && !is_empty_folder(*found)) {
        refuse(name, "would replace a directory that is not empty");
    }
    set(folder, name, inode);
}

void LayeredTree::place(std::string_view path, InodeId inode) {
    const auto parts = components(path);
    if (parts.empty()) {
        refuse(path, "would replace the root");
    }
    place(folder_at(path, parts, parts.size() - 1), parts.back(), inode);
}

LayeredTree::InodeId LayeredTree::link(std::string_view path, std::string_view existing) {
    const auto parts = components(existing);
    const auto* found =
        parts.empty() ? nullptr : slot(folder_at(existing, parts, parts.size() - 1), parts.back());
    if (found == nullptr || S_ISDIR(draft_.inode(found->inode).mode)) {
        refuse(path, fmt::format("is a hard link to {}, no file before it", printable(existing)));
    }
    const auto inode = found->inode;
    place(path, inode);
    return inode;
}

void LayeredTree::hide(FolderId folder, std::string_view name) {
    auto* found = slot(folder, name);
    if (found == nullptr) {
        return;
    }
    if (found->layer < layer_) {
        names_[folder].erase(std::string(name));
    } else if (const auto& inode = draft_.inode(found->inode); S_ISDIR(inode.mode)) {
        hide_content(static_cast<FolderId>(inode.detail));
    }
}

void LayeredTree::hide_content(FolderId folder) {
    std::vector<FolderId> waiting{folder};
    while (!waiting.empty()) {
        const auto at = waiting.back();
        waiting.pop_back();
        if (std::exchange(cleared_[at], layer_) == layer_) {
            continue;
        }
        auto& names = names_[at];
        std::erase_if(names, [&](const auto& each) { return each.second.layer < layer_; });
        for (const auto& [name, slot] : names) {
            if (const auto& inode = draft_.inode(slot.inode); S_ISDIR(inode.mode)) {
                waiting.push_back(static_cast<FolderId>(inode.detail));
            }
        }
    }
}

void LayeredTree::hide(std::string_view path) {
    const auto parts = components(path);
    if (parts.empty()) {
        refuse(path, "would take the root away");
    }
    hide(folder_at(path, parts, parts.size() - 1), parts.back());
}

void LayeredTree::hide_content(std::string_view path) {
    const auto parts = components(path);
    hide_content(folder_at(path, parts, parts.size()));
}

void LayeredTree::finish() {
    for (FolderId folder = 0; folder < names_.size(); ++folder) {
        for (const auto& [name, slot] : names_[folder]) {
            draft_.add_name(folder, name, slot.inode);
        }
        names_[folder].clear();
    }
    draft_.arrange();
}

} // namespace slipway::formats
