// The members of archives put into a tree, and their payload into the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reporter.h"
#include "formats/layered_tree.h"
#include "formats/member.h"
#include "formats/posix_acl.h"
#include "formats/scan.h"
#include "formats/work_gate.h"

namespace slipway::formats {

class ArchiveImport {
public:
    /// What names that begin with ".wh." are: names, or marks of a container's layer, which say
    /// what is gone of the layers below (OCI image specification, "layer").
    enum class Whiteouts { names, marks };

    ArchiveImport(tree::Ingest& ingest, Reporter& reporter)
        : ingest_(ingest), reporter_(reporter),
          task_(reporter, "reading the archive", Unit::bytes) {}

    /// Adds all members, over what is there already.
    void take(MemberReader& members, Whiteouts whiteouts);

    /// Stores the tree; the end.
    ScanResult finish();

private:
    void take_member(const Member& member, MemberReader& members);
    void take_link(const Member& member, MemberReader& members);
    bool take_whiteout(const Member& member);
    Draft::Inode inode_of(const Member& member);
    void add_acls(const Member& member, Draft::Inode& inode, std::vector<tree::Xattr>& xattrs);
    std::optional<Acl> acl_of(const Member& member, const std::string& text);
    void add_payload(const Member& member, MemberReader& members, Draft::Inode& inode);

    tree::Ingest& ingest_;
    Reporter& reporter_;
    Task task_;
    LayeredTree tree_;
    ScanResult result_;
    WorkGate gate_; // last: payloads may still be on their way into tree_ when an error ends this
};

} // namespace slipway::formats
