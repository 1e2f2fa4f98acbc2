#include "formats/posix_acl.h"

#include <gtest/gtest.h>

namespace slipway::formats {
namespace {

const Acl extended{
    {AclEntry::user_owner, 7},
    {AclEntry::user, 5, 3},
    {AclEntry::user, 4, 1000},
    {AclEntry::group_owner, 4},
    {AclEntry::group, 6, 5},
    {AclEntry::mask, 5},
    {AclEntry::other, 0}};
constexpr const char* extended_text =
    "user::rwx,user:3:r-x,user:1000:r--,group::r--,group:5:rw-,mask::r-x,other::---";

TEST(PosixAcl, IsTheSameAsTextAndAsTheKernelHasIt) {
    EXPECT_EQ(acl_text(extended), extended_text);
    EXPECT_EQ(parse_acl_text(extended_text), extended);
    EXPECT_EQ(parse_acl_value(acl_value(extended)), extended);
}

TEST(PosixAcl, ComesInEveryWayTarWritesIt) {
    for (const auto* text :
         {"u::rwx\nu:1000:r\nu:3:rx\ng::r\ng:5:rw\nm::rx\no::\n",
          "user::rwx\t# "
          "owner\nuser:x:r-x:3\nuser:y:r--:1000\ngroup::r--\ngroup:5:rw-\t#effective:r--\n"
          "mask:r-x\nother:---"}) {
        EXPECT_EQ(parse_acl_text(text), extended) << text;
    }
    EXPECT_EQ(
        parse_acl_text("user::rw-,user:root:r--,group::---,mask::r--,other::---")->at(1).id, 0U
    );
}

TEST(PosixAcl, RefusesWhatTheKernelWould) {
    for (const auto* text :
         {"",
          "user::rwx",
          "user::rwx,group::r--",
          "user::rwx,user:3:r--,group::r--,other::---",
          "user::rwx,user::r--,group::r--,other::---",
          "user::rwz,group::r--,other::---",
          "user::rwx,user:3:r--,user:3:r--,group::r--,mask::r--,other::---",
          "user::rwx,group::r--,mask:3:r--,other::---",
          "nobody::rwx,group::r--,other::---",
          "user::rwx,group::r--,other::---,user:4294967295:r--,mask::r--"}) {
        EXPECT_EQ(parse_acl_text(text), std::nullopt) << text;
    }
    const auto value = acl_value(extended);
    for (std::size_t size = 0; size < value.size(); ++size) {
        EXPECT_EQ(parse_acl_value(std::string_view(value).substr(0, size)), std::nullopt) << size;
    }
}

TEST(PosixAcl, StandsForPermissionBits) {
    EXPECT_EQ(mode_with_acl(04711, extended), 04750U) << "the mask is the group's";
    const auto minimal = parse_acl_text("user::r--,group::-w-,other::--x");
    EXPECT_TRUE(is_minimal(*minimal));
    EXPECT_FALSE(is_minimal(extended));
    EXPECT_EQ(mode_with_acl(0, *minimal), 0421U);
}

} // namespace
} // namespace slipway::formats
