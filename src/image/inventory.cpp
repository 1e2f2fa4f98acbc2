#include "image/inventory.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "image/directory_blocks.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::image {

namespace {

using erofs::FileType;

struct LinkHash {
    std::size_t operator()(const tree::LinkId& link) const {
        return load_u64(std::as_bytes(std::span(link.bytes)));
    }
};

struct FileHash {
    std::size_t operator()(const tree::File& file) const {
        return std::hash<Digest>()(file.content);
    }
};

struct TypeOf {
    FileType operator()(const tree::File&) const { return FileType::regular; }

    FileType operator()(const tree::Subdirectory&) const { return FileType::directory; }

    FileType operator()(const tree::Symlink&) const { return FileType::symlink; }

    FileType operator()(const tree::Fifo&) const { return FileType::fifo; }

    FileType operator()(const tree::Socket&) const { return FileType::socket; }

    FileType operator()(const tree::Device& device) const {
        return device.kind == tree::DeviceKind::character ? FileType::character_device
                                                          : FileType::block_device;
    }
};

std::uint32_t mode_of(FileType type) {
    switch (type) {
    case FileType::regular:
        return S_IFREG;
    case FileType::directory:
        return S_IFDIR;
    case FileType::character_device:
        return S_IFCHR;
    case FileType::block_device:
        return S_IFBLK;
    case FileType::fifo:
        return S_IFIFO;
    case FileType::socket:
        return S_IFSOCK;
    case FileType::symlink:
        return S_IFLNK;
    }
    return 0;
}

/// Why an entry is left out of the image; null if it is not.
const char* refusal(const tree::Entry& entry) {
    const auto* device = std::get_if<tree::Device>(&entry.node);
    if (device == nullptr) {
        return nullptr;
    }
    if (device->kind == tree::DeviceKind::character && device->major == 0 && device->minor == 0) {
        return "the character device 0/0 is left out: overlayfs takes it for a removed file";
    }
    if (device->major > erofs::largest_major || device->minor > erofs::largest_minor) {
        return "the device is left out: its number is larger than Linux knows";
    }
    return nullptr;
}

/// Walks a tree, parents first, and fills an Inventory.
class Census {
public:
    explicit Census(const Contents& contents) : contents_(contents) {}

    Inventory take(const Digest& tree) &&;

private:
    /// A directory that is named but not read yet.
    struct Pending {
        Digest id;
        std::uint32_t parent = 0;
        std::uint64_t own_name = 0;
    };

    /// Where an entry is named; a path only when somebody asks.
    struct Where {
        std::uint32_t directory = 0;
        std::string_view name;
    };

    /// The one inode of some hard links, and where it was named first.
    struct Group {
        std::uint32_t inode = 0;
        std::uint32_t directory = 0;
        std::string name;
    };

    void read_directory(const Pending& pending);
    void add_names(const tree::Directory& directory, std::uint32_t index);
    void add_entry(const tree::Entry& entry, std::uint32_t directory);

    Inode describe(const tree::Entry& entry, FileType type, Where where);
    void set_attributes(Inode& inode, const tree::Attributes& attributes, Where where);
    void set_subject(Inode& inode, const tree::Node& node, Where where);
    std::uint64_t index_of(const tree::File& file, Where where);

    std::uint32_t add_inode(const Inode& inode);
    std::uint32_t join_group(const tree::LinkId& link, const Inode& inode, Where where);
    std::string_view target_of(const Inode& symlink) const;
    std::uint64_t append_text(std::string_view text);
    void append_name(std::string_view name, std::uint32_t inode, FileType type);

    std::string path_of(Where where) const;

    const Contents& contents_;
    Inventory all_;
    std::vector<Pending> pending_; // a stack
    std::unordered_map<tree::LinkId, Group, LinkHash> groups_;
    std::unordered_map<tree::File, std::uint64_t, FileHash> file_indexes_;
};

Inventory Census::take(const Digest& tree) && {
    pending_.push_back({tree, 0, 0});
    while (!pending_.empty()) {
        const auto next = pending_.back();
        pending_.pop_back();
        read_directory(next);
    }
    all_.xattrs.settle(all_.notices);
    return std::move(all_);
}

void Census::read_directory(const Pending& pending) {
    const auto index = static_cast<std::uint32_t>(all_.directories.size());
    const auto depth = index == 0 ? 0U : all_.directories[pending.parent].depth + 1;
    all_.directories.push_back(
        {.parent = pending.parent,
         .depth = depth,
         .own_name = pending.own_name,
         .first = all_.names.size()}
    );
    const During reading([&] { return "reading the directory " + path_of({index, {}}); });
    if (depth > tree::deepest_tree) {
        throw Error(
            Fault::corrupt, fmt::format("the tree is more than {} levels deep", tree::deepest_tree)
        );
    }

    const auto directory = tree::load_directory(contents_, pending.id);
    Inode inode{.mode = mode_of(FileType::directory), .links = 2, .subject = index};
    set_attributes(inode, directory.attributes, {index, {}});
    const auto number = add_inode(inode);
    all_.directories[index].inode = number;
    if (index != 0) {
        all_.names[pending.own_name].inode = number;
    }
    const auto queued = static_cast<std::ptrdiff_t>(pending_.size());
    add_names(directory, index);
    std::reverse(pending_.begin() + queued, pending_.end()); // the first one comes on top
    all_.inodes[number].size = directory_bytes(all_.names_of(all_.directories[index]));
}

void Census::add_names(const tree::Directory& directory, std::uint32_t index) {
    auto& self = all_.directories[index];
    const auto parent_inode = all_.directories[self.parent].inode;
    bool has_self = false;
    bool has_parent = false;
    const auto add_dots_before = [&](std::string_view* name) {
        if (!has_self && (name == nullptr || *name > ".")) {
            append_name(".", self.inode, FileType::directory);
            has_self = true;
        }
        if (!has_parent && (name == nullptr || *name > "..")) {
            append_name("..", parent_inode, FileType::directory);
            has_parent = true;
        }
    };
    for (const auto& entry : directory.entries) {
        std::string_view name = entry.name;
        add_dots_before(&name);
        add_entry(entry, index);
    }
    add_dots_before(nullptr);
    self.count = all_.names.size() - self.first;
}

void Census::add_entry(const tree::Entry& entry, std::uint32_t directory) {
    const Where where{directory, entry.name};
    if (const auto* reason = refusal(entry)) {
        all_.notices.add(path_of(where), reason);
        return;
    }
    const auto type = std::visit(TypeOf(), entry.node);
    if (const auto* subdirectory = std::get_if<tree::Subdirectory>(&entry.node)) {
        all_.inodes[all_.directories[directory].inode].links += 1;
        pending_.push_back({subdirectory->directory, directory, all_.names.size()});
        append_name(entry.name, 0, type); // its inode is known once it is read
        return;
    }
    const auto inode = describe(entry, type, where);
    const auto number = entry.link ? join_group(*entry.link, inode, where) : add_inode(inode);
    append_name(entry.name, number, type);
}

Inode Census::describe(const tree::Entry& entry, FileType type, Where where) {
    Inode inode{.mode = mode_of(type)};
    set_attributes(inode, entry.attributes, where);
    set_subject(inode, entry.node, where);
    return inode;
}

void Census::set_attributes(Inode& inode, const tree::Attributes& attributes, Where where) {
    inode.mode |= attributes.mode;
    inode.uid = attributes.uid;
    inode.gid = attributes.gid;
    inode.mtime_seconds = attributes.mtime.seconds;
    inode.mtime_nanoseconds = attributes.mtime.nanoseconds;
    const auto known = all_.xattrs.find(attributes.xattrs);
    inode.xattrs = known ? *known : all_.xattrs.add(attributes.xattrs, path_of(where));
}

void Census::set_subject(Inode& inode, const tree::Node& node, Where where) {
    if (const auto* file = std::get_if<tree::File>(&node)) {
        inode.size = file->size;
        inode.subject = file->size == 0 ? 0 : index_of(*file, where);
    } else if (const auto* symlink = std::get_if<tree::Symlink>(&node)) {
        inode.size = symlink->target.size();
        inode.subject = append_text(symlink->target);
    } else if (const auto* device = std::get_if<tree::Device>(&node)) {
        inode.subject = erofs::encode_device(device->major, device->minor);
    }
}

std::uint64_t Census::index_of(const tree::File& file, Where where) {
    if (file.size > erofs::largest_file) {
        throw Error(
            Fault::usage,
            fmt::format(
                "{} has {} bytes, and an image can hold {} at most",
                printable(path_of(where)),
                file.size,
                erofs::largest_file
            )
        )
            .hint("take the file out of the tree, or check the tree out instead of mounting it");
    }
    const auto [found, is_new] = file_indexes_.try_emplace(file, all_.files.size());
    if (is_new) {
        all_.files.push_back(file);
    }
    return found->second;
}

std::uint32_t Census::add_inode(const Inode& inode) {
    all_.xattrs.count(inode.xattrs);
    all_.inodes.push_back(inode);
    return static_cast<std::uint32_t>(all_.inodes.size() - 1);
}

std::uint32_t Census::join_group(const tree::LinkId& link, const Inode& inode, Where where) {
    const auto found = groups_.find(link);
    if (found == groups_.end()) {
        const auto number = add_inode(inode);
        groups_.emplace(link, Group{number, where.directory, std::string(where.name)});
        return number;
    }
    const auto& group = found->second;
    auto& first = all_.inodes[group.inode];
    auto joined = inode;
    joined.links = first.links;
    if (S_ISLNK(inode.mode) && target_of(inode) == target_of(first)) {
        joined.subject = first.subject;
    }
    if (joined != first) {
        throw Error(
            Fault::corrupt,
            fmt::format(
                "{} and {} are said to be one inode, but they differ",
                printable(path_of({group.directory, group.name})),
                printable(path_of(where))
            )
        );
    }
    first.links += 1;
    return group.inode;
}

std::string_view Census::target_of(const Inode& symlink) const {
    return std::string_view(all_.text).substr(symlink.subject, symlink.size);
}

std::uint64_t Census::append_text(std::string_view text) {
    const auto begin = all_.text.size();
    all_.text.append(text);
    return begin;
}

void Census::append_name(std::string_view name, std::uint32_t inode, FileType type) {
    if (all_.names.size() == most_names) {
        throw Error(Fault::usage, fmt::format("the tree has more than {} names", most_names));
    }
    const auto length = static_cast<std::uint8_t>(name.size());
    all_.names.push_back({append_text(name), inode, length, type});
}

std::string Census::path_of(Where where) const {
    auto path = where.name.empty() ? "" : "/" + std::string(where.name);
    for (auto index = where.directory; index != 0; index = all_.directories[index].parent) {
        const auto& name = all_.names[all_.directories[index].own_name];
        path.insert(0, "/" + std::string(all_.text_of(name)));
    }
    return path.empty() ? "/" : path;
}

} // namespace

Inventory take_inventory(const Contents& contents, const Digest& tree) {
    return Census(contents).take(tree);
}

} // namespace slipway::image
