// POSIX ACLs: the kernel's form, which extended attributes hold, and the text that tar archives
// hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::formats {

/// The attributes' names.
constexpr std::string_view access_acl = "system.posix_acl_access";
constexpr std::string_view default_acl = "system.posix_acl_default";

/// One line of an ACL, in the kernel's numbers.
struct AclEntry {
    enum Tag : std::uint16_t {
        user_owner = 0x01,
        user = 0x02,
        group_owner = 0x04,
        group = 0x08,
        mask = 0x10,
        other = 0x20
    };

    static constexpr std::uint32_t no_id = 0xffffffff;

    std::uint16_t tag = 0;
    std::uint16_t permissions = 0; ///< 07 at most
    std::uint32_t id = no_id;      ///< of a user or group
    friend bool operator==(const AclEntry&, const AclEntry&) = default;
};

using Acl = std::vector<AclEntry>;

/// Reads "user::rwx,user:1000:r-x,group::r--,mask::rwx,other::---", with commas or newlines, short
/// or long words; names of users and groups are looked up on this machine. In the kernel's order.
/// Nothing if it is no such text, or a name is not known.
std::optional<Acl> parse_acl_text(std::string_view text);

/// The text, with commas and numbers.
std::string acl_text(const Acl& acl);

/// The value of the extended attribute, and back; nothing if the kernel would not take it.
std::string acl_value(const Acl& acl);
std::optional<Acl> parse_acl_value(std::string_view value);

/// True if permission bits say all that the ACL does: the kernel keeps no attribute then.
bool is_minimal(const Acl& acl);

/// `mode` with the permission bits that an access ACL stands for.
std::uint32_t mode_with_acl(std::uint32_t mode, const Acl& acl);

} // namespace slipway::formats
