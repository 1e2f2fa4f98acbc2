#include "formats/draft.h"

#include <algorithm>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tree/codec.h"

namespace slipway::formats {

namespace {

constexpr std::uint32_t permissions = 07777;

std::string bytes_of(const std::vector<tree::Xattr>& xattrs) {
    ByteWriter writer;
    for (const auto& xattr : xattrs) {
        writer.counted(as_bytes(xattr.name));
        writer.counted(as_bytes(xattr.value));
    }
    return std::string(as_text(writer.view()));
}

} // namespace

Draft::Draft() {
    xattr_sets_.emplace_back();
    add_folder();
}

Draft::InodeId Draft::add_inode(const Inode& inode) {
    inodes_.push_back(inode);
    return static_cast<InodeId>(inodes_.size() - 1);
}

Draft::InodeId Draft::add_symlink(Inode inode, std::string target) {
    const auto id = add_inode(inode);
    targets_.emplace(id, std::move(target));
    return id;
}

Draft::FolderId Draft::add_folder() {
    const auto folder = static_cast<FolderId>(folders_.size());
    folders_.push_back(Folder{add_inode(Inode{.mode = S_IFDIR | 0755, .detail = folder}), {}, {}});
    return folder;
}

void Draft::add_name(FolderId folder, std::string_view name, InodeId inode) {
    auto& to = folders_[folder];
    const auto offset = static_cast<std::uint32_t>(to.text.size());
    to.text += name;
    to.names.push_back(Name{offset, static_cast<std::uint32_t>(name.size()), inode});
}

std::uint32_t Draft::intern(std::vector<tree::Xattr> xattrs) {
    if (xattrs.empty()) {
        return 0;
    }
    const auto next = static_cast<std::uint32_t>(xattr_sets_.size());
    const auto [found, is_new] = xattr_numbers_.emplace(bytes_of(xattrs), next);
    if (is_new) {
        xattr_sets_.push_back(std::move(xattrs));
    }
    return found->second;
}

void Draft::arrange() {
    for (auto& folder : folders_) {
        std::erase_if(folder.names, [&](const Name& name) { return inode(name.inode).mode == 0; });
        std::ranges::sort(folder.names, {}, [&](const Name& name) { return folder.spelled(name); });
    }
}

std::vector<Draft::FolderId> Draft::folders_in_order() const {
    std::vector<FolderId> order;
    std::vector<FolderId> waiting{root};
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        order.push_back(id);
        const auto& names = folder(id).names;
        // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot read std::views::reverse.
        for (auto name = names.rbegin(); name != names.rend(); ++name) {
            const auto& found = inode(name->inode);
            if (S_ISDIR(found.mode)) {
                waiting.push_back(static_cast<FolderId>(found.detail));
            }
        }
    }
    return order;
}

std::vector<Draft::File> Draft::files_in_order(const std::function<bool(InodeId)>& wanted) const {
    std::vector<File> files;
    std::vector<bool> seen(inodes_.size());
    for (const auto id : folders_in_order()) {
        const auto first = static_cast<std::ptrdiff_t>(files.size());
        for (const auto& name : folder(id).names) {
            if (S_ISREG(inode(name.inode).mode) && !seen[name.inode]) {
                seen[name.inode] = true;
                if (wanted(name.inode)) {
                    files.push_back({id, name.inode, folder(id).spelled(name)});
                }
            }
        }
        std::sort(files.begin() + first, files.end(), [](const File& a, const File& b) {
            return tree::stored_before(a.name, b.name);
        });
    }
    return files;
}

std::vector<bool> Draft::linked_inodes() const {
    std::vector<bool> seen(inodes_.size());
    std::vector<bool> linked;
    for (const auto id : folders_in_order()) {
        for (const auto& name : folder(id).names) {
            if (seen[name.inode]) {
                linked.resize(inodes_.size());
                linked[name.inode] = true;
            }
            seen[name.inode] = true;
        }
    }
    return linked;
}

Draft::Links Draft::name_links() const {
    Links links;
    const auto linked = linked_inodes();
    if (linked.empty()) {
        return links;
    }

    // In the order of the components of paths: what is in "a" comes before "a-b".
    struct Level {
        FolderId folder;
        std::size_t next;
        std::size_t path_size;
    };

    std::string path;
    std::vector<Level> levels{Level{root, 0, 0}};
    while (!levels.empty()) {
        auto& level = levels.back();
        const auto& at = folder(level.folder);
        path.resize(level.path_size);
        if (level.next == at.names.size()) {
            levels.pop_back();
            continue;
        }
        const auto& name = at.names[level.next++];
        path.append("/").append(at.spelled(name));
        if (S_ISDIR(inode(name.inode).mode)) {
            levels.push_back(Level{static_cast<FolderId>(inode(name.inode).detail), 0, path.size()}
            );
        } else if (linked[name.inode] && !links.contains(name.inode)) {
            links.emplace(name.inode, tree::LinkId::of_path(path));
        }
    }
    return links;
}

tree::Attributes Draft::attributes(const Inode& inode) const {
    return tree::Attributes{
        inode.mode & permissions, inode.uid, inode.gid, inode.mtime, xattrs(inode)};
}

tree::Node Draft::node(const Inode& inode, InodeId id) const {
    switch (inode.mode & S_IFMT) {
    case S_IFREG:
        return tree::File{inode.detail, inode.content};
    case S_IFLNK:
        return tree::Symlink{targets_.at(id)};
    case S_IFIFO:
        return tree::Fifo{};
    case S_IFSOCK:
        return tree::Socket{};
    default:
        return tree::Device{
            S_ISBLK(inode.mode) ? tree::DeviceKind::block : tree::DeviceKind::character,
            major(inode.detail),
            minor(inode.detail)};
    }
}

tree::Directory
Draft::directory(FolderId id, const Links& links, const std::vector<Digest>& done) const {
    const auto& from = folder(id);
    tree::Directory made{attributes(inode(from.inode)), {}};
    made.entries.reserve(from.names.size());
    for (const auto& name : from.names) {
        const auto& found = inode(name.inode);
        auto& entry = made.entries.emplace_back();
        entry.name = from.spelled(name);
        if (S_ISDIR(found.mode)) {
            entry.node = tree::Subdirectory{done.at(found.detail)};
            continue;
        }
        entry.node = node(found, name.inode);
        entry.attributes = attributes(found);
        if (const auto link = links.find(name.inode); link != links.end()) {
            entry.link = link->second;
        }
    }
    return made;
}

Digest Draft::store(tree::Ingest& ingest) const {
    const auto links = name_links();
    const auto order = folders_in_order();
    std::vector<Digest> done(folders_.size());
    // NOLINTNEXTLINE(modernize-loop-convert): as above.
    for (auto id = order.rbegin(); id != order.rend(); ++id) {
        done[*id] =
            ingest.add_object(tree::Kind::directory, tree::encode(directory(*id, links, done)));
    }
    return done[root];
}

} // namespace slipway::formats
