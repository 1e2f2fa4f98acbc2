#include "tree/merge/owners.h"

#include <gtest/gtest.h>

namespace slipway::tree {
namespace {

using namespace std::string_literals;

const OwnerMap owners = [] {
    OwnerMap map;
    map.uids.move(1000, 5000);
    map.uids.move_range(100'000, 65'536, 200'000);
    map.gids.move(1000, 6000);
    return map;
}();

TEST(OwnerMap, RenumbersWhatTheirsAdded) {
    EXPECT_EQ(owners.mapped({0, 1000, 7, {}, {}}, nullptr), (Attributes{0, 5000, 7, {}, {}}));
    EXPECT_EQ(owners.mapped({0, 7, 1000, {}, {}}, nullptr), (Attributes{0, 7, 6000, {}, {}}));
}

TEST(OwnerMap, RenumbersSubordinateIds) {
    EXPECT_EQ(owners.mapped({0, 100'033, 7, {}, {}}, nullptr).uid, 200'033);
    EXPECT_EQ(owners.mapped({0, 165'536, 7, {}, {}}, nullptr).uid, 165'536);
}

TEST(OwnerMap, LeavesANumberThatTheirsKept) {
    const Attributes base{0, 1000, 3, {}, {}};
    EXPECT_EQ(owners.mapped({0, 1000, 1000, {}, {}}, &base), (Attributes{0, 1000, 6000, {}, {}}));
}

TEST(OwnerMap, RenumbersAccessControlLists) {
    // Version 2; the owner, user 1000, group 1000, the mask, others.
    const auto list = [](const std::string& user, const std::string& group) {
        const auto any = "\xff\xff\xff\xff"s;
        return "\2\0\0\0"s + "\1\0\7\0"s + any + "\2\0\7\0"s + user + "\x08\0\5\0"s + group +
               "\x10\0\7\0"s + any + "\x20\0\5\0"s + any;
    };
    const auto id = "\xe8\3\0\0"s;
    const auto name = "system.posix_acl_access";
    const Attributes theirs{0, 0, 0, {}, {{name, list(id, id)}}};
    const Attributes wanted{0, 0, 0, {}, {{name, list("\x88\x13\0\0"s, "\x70\x17\0\0"s)}}};
    EXPECT_EQ(owners.mapped(theirs, nullptr), wanted);
    EXPECT_EQ(owners.mapped(theirs, &theirs), theirs);
    // What is no such list is left as it is.
    const Attributes odd{0, 0, 0, {}, {{name, list(id, id) + "x"}, {"user.x", list(id, id)}}};
    EXPECT_EQ(owners.mapped(odd, nullptr), odd);
}

} // namespace
} // namespace slipway::tree
