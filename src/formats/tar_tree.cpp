#include "formats/tar_tree.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
    throw Error(Fault::refused, fmt::format("tar member {} {}", printable(path), why));
}

} // namespace

/// Without empty ones and "."; empty for the root.
TarTree::Components TarTree::components(std::string_view path) {
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

const Draft::InodeId* TarTree::find(FolderId folder, std::string_view name) const {
    const auto& names = names_[folder];
    const auto found = names.find(std::string(name));
    return found == names.end() ? nullptr : &found->second;
}

TarTree::FolderId TarTree::add_folder(FolderId parent, std::string_view name) {
    const auto folder = draft_.add_folder();
    names_.emplace_back();
    names_[parent].insert_or_assign(std::string(name), draft_.folder(folder).inode);
    return folder;
}

/// The folder that is to hold the last component; made if it is missing.
TarTree::FolderId TarTree::folder_above(std::string_view path, const Components& parts) {
    auto folder = Draft::root;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto* found = find(folder, parts[i]);
        if (found == nullptr) {
            folder = add_folder(folder, parts[i]);
            continue;
        }
        const auto& inode = draft_.inode(*found);
        if (!S_ISDIR(inode.mode)) {
            const auto is_link = S_ISLNK(inode.mode);
            refuse(path, is_link ? "passes through a symbolic link" : "passes through a file");
        }
        folder = static_cast<FolderId>(inode.detail);
    }
    return folder;
}

Draft::Inode& TarTree::directory(std::string_view path) {
    const auto parts = components(path);
    if (parts.empty()) {
        return draft_.folder_inode(Draft::root);
    }
    const auto parent = folder_above(path, parts);
    const auto* found = find(parent, parts.back());
    if (found != nullptr && S_ISDIR(draft_.inode(*found).mode)) {
        return draft_.inode(*found);
    }
    return draft_.folder_inode(add_folder(parent, parts.back()));
}

void TarTree::place(std::string_view path, Draft::InodeId inode) {
    const auto parts = components(path);
    if (parts.empty()) {
        refuse(path, "would replace the root");
    }
    const auto parent = folder_above(path, parts);
    const auto* found = find(parent, parts.back());
    if (found != nullptr && S_ISDIR(draft_.inode(*found).mode) &&
        !names_[draft_.inode(*found).detail].empty()) {
        refuse(path, "would replace a directory that is not empty");
    }
    names_[parent].insert_or_assign(std::string(parts.back()), inode);
}

void TarTree::link(std::string_view path, std::string_view existing) {
    const auto parts = components(existing);
    const auto* found = parts.empty() ? nullptr : find(folder_above(existing, parts), parts.back());
    if (found == nullptr || S_ISDIR(draft_.inode(*found).mode)) {
        refuse(path, fmt::format("is a hard link to {}, no file before it", printable(existing)));
    }
    place(path, *found);
}

void TarTree::finish() {
    for (FolderId folder = 0; folder < names_.size(); ++folder) {
        for (const auto& [name, inode] : names_[folder]) {
            draft_.add_name(folder, name, inode);
        }
        names_[folder].clear();
    }
    draft_.arrange();
}

} // namespace slipway::formats
