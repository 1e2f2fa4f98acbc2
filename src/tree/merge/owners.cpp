#include "tree/merge/owners.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace slipway::tree {

namespace {

// The form of an access control list in an extended attribute: <linux/posix_acl_xattr.h>.
constexpr std::array acl_names = {"system.posix_acl_access", "system.posix_acl_default"};
constexpr std::uint32_t acl_version = 2;
constexpr std::size_t acl_header = 4;
constexpr std::size_t acl_entry = 8; // tag, permissions, id: 16, 16 and 32 bits, little-endian
constexpr std::uint16_t acl_user = 2;
constexpr std::uint16_t acl_group = 8;

bool is_acl(const Xattr& xattr) {
    const auto& value = xattr.value;
    return std::find(acl_names.begin(), acl_names.end(), xattr.name) != acl_names.end() &&
           value.size() >= acl_header && (value.size() - acl_header) % acl_entry == 0 &&
           load_u32(as_bytes(value)) == acl_version;
}

void map_acl(std::string& value, const OwnerMap& owners) {
    const auto bytes = std::as_writable_bytes(std::span(value));
    for (std::size_t at = acl_header; at < bytes.size(); at += acl_entry) {
        const auto tag = load_u16(bytes.subspan(at));
        const auto id = bytes.subspan(at + 4);
        if (tag == acl_user) {
            store_u32(id, owners.uids(load_u32(id)));
        } else if (tag == acl_group) {
            store_u32(id, owners.gids(load_u32(id)));
        }
    }
}

bool holds(const Attributes* attributes, const Xattr& xattr) {
    return attributes != nullptr &&
           std::find(attributes->xattrs.begin(), attributes->xattrs.end(), xattr) !=
               attributes->xattrs.end();
}

} // namespace

Attributes OwnerMap::mapped(Attributes theirs, const Attributes* base) const {
    if (base == nullptr || theirs.uid != base->uid) {
        theirs.uid = uids(theirs.uid);
    }
    if (base == nullptr || theirs.gid != base->gid) {
        theirs.gid = gids(theirs.gid);
    }
    for (auto& xattr : theirs.xattrs) {
        if (is_acl(xattr) && !holds(base, xattr)) {
            map_acl(xattr.value, *this);
        }
    }
    return theirs;
}

} // namespace slipway::tree
