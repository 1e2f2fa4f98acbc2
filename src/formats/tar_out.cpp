#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/posix_acl.h"
#include "formats/tar.h"
#include "formats/tar_writer.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

struct LinkHash {
    std::size_t operator()(const tree::LinkId& id) const {
        return load_u64(std::as_bytes(std::span(id.bytes)));
    }
};

class TarExport {
public:
    TarExport(const Contents& contents, Sink& out, Reporter& reporter)
        : contents_(contents), writer_(out), task_(reporter, "writing the archive", Unit::bytes) {}

    /// Returns how many sockets are left out.
    std::uint64_t run(const Digest& tree);

private:
    /// A directory that is being written: its entries in order, up to `next`.
    struct Level {
        tree::Directory directory;
        std::size_t next = 0;
        std::size_t path_size = 0;
    };

    void enter(const Digest& id);
    void write_entry(const tree::Entry& entry);
    bool write_as_link(const tree::Entry& entry);
    void write_file(Member& member, const tree::File& file);
    void write_long(Member& member, const tree::File& file);
    void write_chunk(const Digest& id, std::uint64_t size);
    static Member member_of(const tree::Attributes& attributes);

    const Contents& contents_;
    TarWriter writer_;
    Task task_;
    std::string path_; // of the entry at hand, without a slash at its start
    std::vector<Level> levels_;
    std::unordered_map<tree::LinkId, std::string, LinkHash> first_members_;
    std::uint64_t sockets_ = 0;
};

Member TarExport::member_of(const tree::Attributes& attributes) {
    Member member;
    member.mode = attributes.mode;
    member.uid = attributes.uid;
    member.gid = attributes.gid;
    member.mtime = attributes.mtime;
    for (const auto& xattr : attributes.xattrs) {
        // An ACL that text cannot hold goes as the bytes it is.
        const auto is_access = xattr.name == access_acl;
        const auto is_acl = is_access || xattr.name == default_acl;
        const auto acl = is_acl ? parse_acl_value(xattr.value) : std::nullopt;
        const auto says_mode =
            acl && (!is_access ||
                    (!is_minimal(*acl) && mode_with_acl(attributes.mode, *acl) == attributes.mode));
        if (says_mode) {
            (is_access ? member.access_acl : member.default_acl) = acl_text(*acl);
        } else {
            member.xattrs.push_back(xattr);
        }
    }
    return member;
}

void TarExport::enter(const Digest& id) {
    if (levels_.size() > tree::deepest_tree) {
        throw Error(Fault::corrupt, fmt::format("the tree is deeper than {}", tree::deepest_tree));
    }
    levels_.push_back({tree::load_directory(contents_, id), 0, path_.size()});
    auto member = member_of(levels_.back().directory.attributes);
    member.type = '5';
    member.path = path_.empty() ? "./" : path_ + "/";
    writer_.begin(member);
}

std::uint64_t TarExport::run(const Digest& tree) {
    enter(tree);
    while (!levels_.empty()) {
        auto& level = levels_.back();
        path_.resize(level.path_size);
        if (level.next == level.directory.entries.size()) {
            levels_.pop_back();
            continue;
        }
        const auto& entry = level.directory.entries[level.next++];
        path_.append(path_.empty() ? "" : "/").append(entry.name);
        if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
            enter(below->directory);
        } else {
            write_entry(entry);
        }
    }
    writer_.finish();
    return sockets_;
}

/// True if the entry is a further name of a member that is there.
bool TarExport::write_as_link(const tree::Entry& entry) {
    if (!entry.link) {
        return false;
    }
    const auto [first, is_new] = first_members_.emplace(*entry.link, path_);
    if (is_new) {
        return false;
    }
    auto member = member_of(entry.attributes);
    member.xattrs.clear();
    member.access_acl.clear();
    member.type = '1';
    member.path = path_;
    member.link = first->second;
    writer_.begin(member);
    return true;
}

void TarExport::write_entry(const tree::Entry& entry) {
    if (std::holds_alternative<tree::Socket>(entry.node)) {
        ++sockets_;
        return;
    }
    if (write_as_link(entry)) {
        return;
    }
    auto member = member_of(entry.attributes);
    member.path = path_;
    if (const auto* file = std::get_if<tree::File>(&entry.node)) {
        write_file(member, *file);
        return;
    }
    if (const auto* link = std::get_if<tree::Symlink>(&entry.node)) {
        member.type = '2';
        member.link = link->target;
    } else if (const auto* device = std::get_if<tree::Device>(&entry.node)) {
        member.type = device->kind == tree::DeviceKind::block ? '4' : '3';
        member.device_major = device->major;
        member.device_minor = device->minor;
    } else {
        member.type = '6';
    }
    writer_.begin(member);
}

void TarExport::write_chunk(const Digest& id, std::uint64_t size) {
    const auto chunk = contents_.open(id);
    if (!chunk) {
        throw Error(Fault::not_found, fmt::format("chunk {} is missing", id.hex()));
    }
    const auto bytes = read_all(*chunk, tree::largest_chunk);
    if (bytes.size() != size) {
        throw Error(Fault::corrupt, fmt::format("chunk {} has another size", id.hex()));
    }
    writer_.payload(bytes);
    task_.advance(size);
}

void TarExport::write_file(Member& member, const tree::File& file) {
    member.size = file.size;
    if (file.size > tree::largest_single_chunk) {
        write_long(member, file);
        return;
    }
    writer_.begin(member);
    if (file.size > 0) {
        write_chunk(file.content, file.size);
        writer_.end_payload();
    }
}

void TarExport::write_long(Member& member, const tree::File& file) {
    const auto list = tree::load_chunk_list(contents_, file.content);
    if (list.size() != file.size) {
        throw Error(
            Fault::corrupt, fmt::format("chunk list {} has another size", file.content.hex())
        );
    }
    std::vector<TarWriter::Extent> extents;
    std::uint64_t offset = 0;
    for (const auto& run : list.runs) {
        if (run.chunk && !extents.empty() &&
            extents.back().offset + extents.back().length == offset) {
            extents.back().length += run.length;
        } else if (run.chunk) {
            extents.push_back({offset, run.length});
        }
        offset += run.length;
    }
    const auto has_holes = extents.size() != 1 || extents[0].length != file.size;
    if (has_holes) {
        extents.push_back({file.size, 0}); // as GNU tar marks the end
        writer_.begin_sparse(member, extents);
    } else {
        writer_.begin(member);
    }
    for (const auto& run : list.runs) {
        if (run.chunk) {
            write_chunk(*run.chunk, run.length);
        }
    }
    writer_.end_payload();
}

} // namespace

void write_tar(const Contents& contents, const Digest& tree, Sink& out, Reporter& reporter) {
    const auto sockets = TarExport(contents, out, reporter).run(tree);
    if (sockets > 0) {
        reporter.notice(fmt::format("{} sockets are left out: tar cannot hold them", sockets));
    }
}

} // namespace slipway::formats
