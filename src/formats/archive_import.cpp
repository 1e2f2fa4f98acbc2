#include "formats/archive_import.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/totals.h"

namespace slipway::formats {

namespace {

/// Collects a small payload.
class BufferFeed final : public tree::Ingest::Feed {
public:
    explicit BufferFeed(Buffer& buffer) : buffer_(buffer) {}

    void data(ConstBytes bytes) override {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }

    void zeros(std::uint64_t length) override { buffer_.resize(buffer_.size() + length); }

private:
    Buffer& buffer_;
};

std::uint32_t type_bits(char type) {
    switch (type) {
    case '2':
        return S_IFLNK;
    case '3':
        return S_IFCHR;
    case '4':
        return S_IFBLK;
    case '5':
        return S_IFDIR;
    case '6':
        return S_IFIFO;
    case 's':
        return S_IFSOCK;
    default:
        return S_IFREG;
    }
}

} // namespace

std::optional<Acl> ArchiveImport::acl_of(const Member& member, const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    auto acl = parse_acl_text(text);
    if (!acl) {
        auto problem = fmt::format(
            "the ACL of {} is left out: it cannot be read, or names somebody unknown here",
            printable(member.path)
        );
        reporter_.notice(problem);
        result_.skipped.push_back(std::move(problem));
    }
    return acl;
}

/// As the kernel takes them: what permission bits can say does not become an attribute.
void ArchiveImport::add_acls(
    const Member& member, Draft::Inode& inode, std::vector<tree::Xattr>& xattrs
) {
    const auto set = [&](std::string_view name, const Acl& acl) {
        std::erase_if(xattrs, [&](const tree::Xattr& xattr) { return xattr.name == name; });
        xattrs.push_back({std::string(name), acl_value(acl)});
    };
    if (const auto acl = acl_of(member, member.access_acl)) {
        inode.mode = mode_with_acl(inode.mode, *acl);
        if (!is_minimal(*acl)) {
            set(access_acl, *acl);
        }
    }
    if (const auto acl = acl_of(member, member.default_acl)) {
        set(default_acl, *acl);
    }
    std::ranges::sort(xattrs, {}, &tree::Xattr::name);
}

Draft::Inode ArchiveImport::inode_of(const Member& member) {
    Draft::Inode inode;
    inode.mode = type_bits(member.type) | member.mode;
    inode.uid = member.uid;
    inode.gid = member.gid;
    inode.mtime = member.mtime;
    if (member.type == '2') {
        inode.mode |= 0777; // as the kernel has it
    }
    if (member.type == '3' || member.type == '4') {
        inode.detail = makedev(member.device_major, member.device_minor);
    }
    auto xattrs = member.xattrs;
    for (const auto& xattr : xattrs) {
        if (xattr.name.empty() || xattr.name.size() > tree::longest_xattr_name ||
            xattr.value.size() > tree::longest_xattr_value ||
            xattr.name.find('\0') != std::string::npos) {
            throw Error(
                Fault::corrupt,
                fmt::format("member {} has an impossible attribute", printable(member.path))
            );
        }
    }
    add_acls(member, inode, xattrs);
    inode.xattrs = tree_.draft().intern(std::move(xattrs));
    return inode;
}

void ArchiveImport::add_payload(const Member& member, MemberReader& members, Draft::Inode& inode) {
    const auto done = gate_.guard([&inode](const tree::File& file) {
        inode.detail = file.size;
        inode.content = file.content;
    });
    if (member.size > tree::largest_single_chunk) {
        ingest_.add_long([&](tree::Ingest::Feed& feed) { members.read_payload(feed); }, done);
    } else {
        Buffer bytes;
        BufferFeed feed(bytes);
        members.read_payload(feed);
        ingest_.add_small(
            member.size, [bytes = std::move(bytes)]() mutable { return std::move(bytes); }, done
        );
    }
    task_.advance(member.size);
}

void ArchiveImport::take_link(const Member& member, MemberReader& members) {
    const auto id = tree_.link(member.path, member.link);
    auto& inode = tree_.draft().inode(id);
    if (member.size > 0 && S_ISREG(inode.mode)) {
        add_payload(member, members, inode);
        ++result_.files_read;
    }
}

/// True if the member is a mark, which is then obeyed.
bool ArchiveImport::take_whiteout(const Member& member) {
    constexpr std::string_view mark = ".wh.";
    constexpr std::string_view marks_of_aufs = ".wh..wh.";
    constexpr std::string_view opaque = ".wh..wh..opq";
    const auto path = std::string_view(member.path);
    const auto slash = path.rfind('/');
    const auto start = slash == std::string_view::npos ? 0 : slash + 1;
    const auto name = path.substr(start);
    if (!name.starts_with(mark)) {
        return false;
    }
    const auto above = path.substr(0, start);
    if (name == opaque) {
        tree_.hide_content(above);
    } else if (!name.starts_with(marks_of_aufs)) {
        const auto hidden = name.substr(mark.size());
        if (hidden.empty() || hidden == "." || hidden == "..") {
            throw Error(
                Fault::corrupt, fmt::format("member {} is an impossible mark", printable(path))
            );
        }
        tree_.hide(fmt::format("{}{}", above, hidden));
    }
    return true;
}

void ArchiveImport::take_member(const Member& member, MemberReader& members) {
    auto& draft = tree_.draft();
    if (member.type == '1') {
        take_link(member, members);
        return;
    }
    auto inode = inode_of(member);
    if (member.type == '5') {
        auto& directory = tree_.directory(member.path);
        inode.detail = directory.detail; // its folder
        directory = inode;
        return;
    }
    if (member.type == '2') {
        if (member.link.empty() || member.link.size() > tree::longest_target ||
            member.link.find('\0') != std::string::npos) {
            throw Error(
                Fault::corrupt,
                fmt::format("member {} is an impossible link", printable(member.path))
            );
        }
        tree_.place(member.path, draft.add_symlink(inode, member.link));
        return;
    }
    const auto id = draft.add_inode(inode);
    tree_.place(member.path, id);
    if (member.type == '0') {
        if (member.size > 0) {
            add_payload(member, members, draft.inode(id));
        }
        ++result_.files_read;
    }
}

void ArchiveImport::take(MemberReader& members, Whiteouts whiteouts) {
    tree_.begin_layer();
    while (const auto member = members.next()) {
        const During reading([&] { return fmt::format("reading {}", printable(member->path)); });
        if (whiteouts == Whiteouts::names || !take_whiteout(*member)) {
            take_member(*member, members);
        }
    }
}

ScanResult ArchiveImport::finish() {
    ingest_.settle();
    tree_.finish();
    count(tree_.draft(), result_);
    result_.tree = tree_.draft().store(ingest_);
    return std::move(result_);
}

} // namespace slipway::formats
