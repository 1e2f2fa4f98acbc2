#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/posix_acl.h"
#include "formats/tar.h"
#include "formats/tar_reader.h"
#include "formats/tar_tree.h"
#include "formats/unpacked_source.h"
#include "formats/work_gate.h"

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

class TarImport {
public:
    TarImport(TarReader& reader, tree::Ingest& ingest, Reporter& reporter)
        : reader_(reader), ingest_(ingest), reporter_(reporter),
          task_(reporter, "reading the archive", Unit::bytes) {}

    ScanResult run();

private:
    void take(const TarMember& member);
    Draft::Inode inode_of(const TarMember& member);
    void add_acls(const TarMember& member, Draft::Inode& inode, std::vector<tree::Xattr>& xattrs);
    std::optional<Acl> acl_of(const TarMember& member, const std::string& text);
    void add_payload(const TarMember& member, Draft::Inode& inode);
    void count(ScanResult& result);

    TarReader& reader_;
    tree::Ingest& ingest_;
    Reporter& reporter_;
    Task task_;
    TarTree tree_;
    ScanResult result_;
    WorkGate gate_; // last: payloads may still be on their way into tree_ when an error ends this
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
    default:
        return S_IFREG;
    }
}

std::optional<Acl> TarImport::acl_of(const TarMember& member, const std::string& text) {
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
void TarImport::add_acls(
    const TarMember& member, Draft::Inode& inode, std::vector<tree::Xattr>& xattrs
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

Draft::Inode TarImport::inode_of(const TarMember& member) {
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
                fmt::format("tar member {} has an impossible attribute", printable(member.path))
            );
        }
    }
    add_acls(member, inode, xattrs);
    inode.xattrs = tree_.draft().intern(std::move(xattrs));
    return inode;
}

void TarImport::add_payload(const TarMember& member, Draft::Inode& inode) {
    const auto done = gate_.guard([&inode](const tree::File& file) {
        inode.detail = file.size;
        inode.content = file.content;
    });
    if (member.size > tree::largest_single_chunk) {
        ingest_.add_long([&](tree::Ingest::Feed& feed) { reader_.read_payload(feed); }, done);
    } else if (member.size > 0) {
        Buffer bytes;
        BufferFeed feed(bytes);
        reader_.read_payload(feed);
        ingest_.add_small(
            member.size, [bytes = std::move(bytes)]() mutable { return std::move(bytes); }, done
        );
    }
    task_.advance(member.size);
}

void TarImport::take(const TarMember& member) {
    auto& draft = tree_.draft();
    if (member.type == '1') {
        tree_.link(member.path, member.link);
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
                fmt::format("tar member {} is an impossible link", printable(member.path))
            );
        }
        tree_.place(member.path, draft.add_symlink(inode, member.link));
        return;
    }
    const auto id = draft.add_inode(inode);
    tree_.place(member.path, id);
    if (member.type == '0') {
        add_payload(member, draft.inode(id));
        ++result_.files_read;
    }
}

ScanResult TarImport::run() {
    while (const auto member = reader_.next()) {
        const During reading([&] { return fmt::format("reading {}", printable(member->path)); });
        take(*member);
    }
    ingest_.settle();
    tree_.finish();
    count(result_);
    result_.tree = tree_.draft().store(ingest_);
    return std::move(result_);
}

void TarImport::count(ScanResult& result) {
    const auto& draft = tree_.draft();
    std::vector<bool> seen(draft.inode_count());
    result.entries = 1;
    for (const auto id : draft.folders_in_order()) {
        result.entries += draft.folder(id).names.size();
        for (const auto& name : draft.folder(id).names) {
            const auto& inode = draft.inode(name.inode);
            if (S_ISREG(inode.mode) && !seen[name.inode]) {
                ++result.files;
                result.bytes += inode.detail;
            }
            seen[name.inode] = true;
        }
    }
}

} // namespace

ScanResult read_tar(Source& archive, tree::Ingest& ingest, Reporter& reporter) {
    UnpackedSource unpacked(archive);
    TarReader reader(unpacked);
    return TarImport(reader, ingest, reporter).run();
}

} // namespace slipway::formats
