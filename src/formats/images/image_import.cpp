#include "formats/images/image_import.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/overlay_marks.h"
#include "formats/totals.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

constexpr std::size_t piece_bytes = 1U << 20U;
constexpr std::uint64_t most_names = 1ULL << 26U;

[[noreturn]] void corrupt(std::string_view path, std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("{} {}", printable(path.empty() ? "/" : path), what));
}

void check_name(std::string_view path, std::string_view name) {
    const auto is_name = !name.empty() && name.size() <= tree::longest_name && name != "." &&
                         name != ".." && name.find('/') == std::string_view::npos &&
                         name.find('\0') == std::string_view::npos;
    if (!is_name) {
        corrupt(path, fmt::format("holds the impossible name '{}'", printable(name)));
    }
}

void check_xattrs(const std::vector<tree::Xattr>& xattrs) {
    for (const auto& xattr : xattrs) {
        if (xattr.name.empty() || xattr.name.size() > tree::longest_xattr_name ||
            xattr.value.size() > tree::longest_xattr_value ||
            xattr.name.find('\0') != std::string::npos) {
            throw Error(Fault::corrupt, "an extended attribute is impossible");
        }
    }
    const auto same = std::ranges::adjacent_find(xattrs, {}, &tree::Xattr::name);
    if (same != xattrs.end()) {
        throw Error(
            Fault::corrupt,
            fmt::format("the extended attribute {} is there twice", printable(same->name))
        );
    }
}

/// Pushes all of `file`, its holes as zeros.
void push(const ImageFile& file, tree::Ingest::Feed& feed, Task& task) {
    Buffer buffer;
    for (std::uint64_t at = 0; at < file.size();) {
        const auto data = std::min(file.data_from(at), file.size());
        if (data > at) {
            feed.zeros(data - at);
            task.advance(data - at);
            at = data;
            continue;
        }
        // Pieces end at multiples of their size: compressed blocks are then read once.
        const auto end = std::min((at / piece_bytes + 1) * piece_bytes, file.size());
        buffer.resize(end - at);
        file.read_at(at, buffer);
        feed.data(buffer);
        task.advance(buffer.size());
        at = end;
    }
}

bool is_whiteout(const ImageReader::Node& node) {
    return S_ISCHR(node.mode) && node.device == 0;
}

bool is_opaque(const ImageReader::Node& node) {
    return formats::is_opaque(tree::Attributes{.xattrs = node.xattrs});
}

void drop_marks(ImageReader::Node& node) {
    node.xattrs = without_marks(tree::Attributes{.xattrs = std::move(node.xattrs)}).xattrs;
}

} // namespace

std::optional<ImageReader::NodeId> look_up(ImageReader& image, std::string_view path) {
    auto at = image.root();
    for (const auto part : split(path, '/')) {
        if (!S_ISDIR(image.node(at).mode)) {
            return std::nullopt;
        }
        const auto children = image.children(at);
        const auto found = std::ranges::find(children, part, &ImageReader::Child::name);
        if (found == children.end()) {
            return std::nullopt;
        }
        at = found->node;
    }
    return at;
}

Draft::Inode ImageImport::inode_of(const ImageReader::Node& node) {
    Draft::Inode inode;
    inode.mode = S_ISLNK(node.mode) ? S_IFLNK | 0777 : node.mode;
    inode.uid = node.uid;
    inode.gid = node.gid;
    inode.mtime = node.mtime;
    auto xattrs = node.xattrs;
    std::ranges::sort(xattrs, {}, &tree::Xattr::name);
    check_xattrs(xattrs);
    inode.xattrs = tree_.draft().intern(std::move(xattrs));
    return inode;
}

/// Anything but a directory; the same inode for all its names.
Draft::InodeId ImageImport::add_leaf(Walk& walk, NodeId id, const ImageReader::Node& node) {
    auto& draft = tree_.draft();
    const auto known = walk.files.find(id);
    if (known != walk.files.end()) {
        return known->second;
    }
    auto inode = inode_of(node);
    Draft::InodeId made = 0;
    switch (node.mode & S_IFMT) {
    case S_IFREG:
        if (node.size > tree::largest_file) {
            throw Error(Fault::corrupt, fmt::format("a size of {} bytes is impossible", node.size));
        }
        inode.detail = node.size;
        made = draft.add_inode(inode);
        sources_.emplace(made, Source{&walk.image, id});
        break;
    case S_IFLNK:
        if (node.target.empty() || node.target.size() > tree::longest_target ||
            node.target.find('\0') != std::string::npos) {
            throw Error(Fault::corrupt, "the symbolic link is impossible");
        }
        made = draft.add_symlink(inode, node.target);
        break;
    case S_IFCHR:
    case S_IFBLK:
        inode.detail = node.device;
        made = draft.add_inode(inode);
        break;
    case S_IFIFO:
    case S_IFSOCK:
        made = draft.add_inode(inode);
        break;
    default:
        throw Error(Fault::corrupt, fmt::format("the mode {:o} is impossible", node.mode));
    }
    walk.files.emplace(id, made);
    return made;
}

void ImageImport::take_child(Walk& walk, const Level& level, const ImageReader::Child& child) {
    check_name(level.path, child.name);
    auto path = level.path + "/" + child.name;
    const During reading([&] { return fmt::format("reading {}", printable(path)); });
    auto node = walk.image.node(child.node);
    if (walk.marks == Marks::obeyed && is_whiteout(node)) {
        tree_.hide(level.folder, child.name);
        return;
    }
    if (walk.marks == Marks::obeyed) {
        drop_marks(node);
    }
    if (!S_ISDIR(node.mode)) {
        tree_.place(level.folder, child.name, add_leaf(walk, child.node, node));
        return;
    }
    if (level.depth + 1 > tree::deepest_tree) {
        corrupt(path, "is nested too deeply");
    }
    walk.levels.push_back(
        {child.node, tree_.enter(level.folder, child.name), std::move(path), level.depth + 1}
    );
}

void ImageImport::take_folder(Walk& walk, const Level& level) {
    const During reading([&] { return fmt::format("reading {}/", printable(level.path)); });
    if (!walk.directories.insert(level.node).second) {
        corrupt(level.path, "is a directory with two names");
    }
    auto node = walk.image.node(level.node);
    if (!S_ISDIR(node.mode)) {
        corrupt(level.path, "is no directory");
    }
    if (walk.marks == Marks::obeyed) {
        if (is_opaque(node)) {
            tree_.hide_content(level.folder);
        }
        drop_marks(node);
    }
    auto inode = inode_of(node);
    inode.detail = level.folder;
    tree_.draft().folder_inode(level.folder) = inode;
    const auto children = walk.image.children(level.node);
    names_ += children.size();
    if (names_ > most_names) {
        corrupt(level.path, fmt::format("is too much: more than {} names", most_names));
    }
    for (const auto& child : children) {
        take_child(walk, level, child);
    }
    walk.task.advance(children.size() + 1);
}

void ImageImport::take(ImageReader& image, Marks marks) {
    Task task(reporter_, "looking for files", Unit::items);
    tree_.begin_layer();
    Walk walk{image, marks, task};
    walk.levels.push_back({image.root(), Draft::root, "", 0});
    while (!walk.levels.empty()) {
        const auto level = std::move(walk.levels.back());
        walk.levels.pop_back();
        take_folder(walk, level);
    }
}

void ImageImport::take_file(ImageReader& image, NodeId file, std::string_view path) {
    const auto node = image.node(file);
    Draft::Inode inode;
    inode.mode = S_IFREG | 0644;
    inode.mtime = node.mtime;
    inode.detail = node.size;
    const auto made = tree_.draft().add_inode(inode);
    tree_.place(path, made);
    sources_.emplace(made, Source{&image, file});
}

void ImageImport::add_payload(Draft::InodeId id, Task& task) {
    auto& inode = tree_.draft().inode(id);
    const auto size = inode.detail;
    const auto& source = sources_.at(id);
    std::shared_ptr<const ImageFile> file = source.image->open(source.node);
    const auto done = gate_.guard([&inode](const tree::File& stored) {
        inode.detail = stored.size;
        inode.content = stored.content;
    });
    if (size > tree::largest_single_chunk) {
        ingest_.add_long([&](tree::Ingest::Feed& feed) { push(*file, feed, task); }, done);
        return;
    }
    auto read = gate_.guard([file, size] {
        Buffer bytes(size);
        file->read_at(0, bytes);
        return bytes;
    });
    ingest_.add_small(size, std::move(read), done);
    task.advance(size);
}

ScanResult ImageImport::finish() {
    ScanResult result;
    tree_.finish();
    count(tree_.draft(), result);
    {
        Task task(reporter_, "reading files", Unit::bytes, result.bytes);
        const auto& draft = tree_.draft();
        const auto has_bytes = [&](Draft::InodeId id) { return draft.inode(id).detail > 0; };
        for (const auto& file : draft.files_in_order(has_bytes)) {
            add_payload(file.inode, task);
            ++result.files_read;
        }
        ingest_.settle();
    }
    result.tree = tree_.draft().store(ingest_);
    return result;
}

} // namespace slipway::formats
