#include "tree/merge/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tree/merge/drivers/registry.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The account files of one tree, as texts.
struct Files {
    std::string passwd{};
    std::string group{};
    std::string subuid{};
    std::string subgid{};

    AccountFiles view() const {
        return {as_bytes(passwd), as_bytes(group), as_bytes(subuid), as_bytes(subgid)};
    }
};

const Files base{"root:x:0:0:root:/root:/bin/bash\n", "root:x:0:\n"};

AccountPlan reassigned(const Files& ours, const Files& theirs, const Files& from = base) {
    return reassign_ids({from.view(), ours.view(), theirs.view()});
}

Files with(const std::string& passwd, const std::string& group, const std::string& subuid = {}) {
    return {base.passwd + passwd, base.group + group, subuid, subuid};
}

/// True if the drivers merge passwd, group, subuid and subgid with what the plan made of theirs.
void expect_merges(const Files& ours, const AccountPlan& plan, const Files& from = base) {
    const auto merge =
        [](std::string_view driver, const std::string& b, const std::string& o, const Buffer& t) {
            const auto result = registry()
                                    .at(std::string(driver))
                                    ->merge({"/f", as_bytes(b), as_bytes(o), t}, Favour::none);
            for (const auto& conflict : result.conflicts) {
                ADD_FAILURE() << driver << ": " << conflict.what;
            }
        };
    merge("passwd", from.passwd, ours.passwd, plan.passwd);
    merge("group", from.group, ours.group, plan.group);
    merge("subid", from.subuid, ours.subuid, plan.subuid);
    merge("subid", from.subgid, ours.subgid, plan.subgid);
}

TEST(Accounts, that_do_not_clash_stay_byte_for_byte) {
    const auto ours = with("alice:x:1000:1000::/home/alice:/bin/sh\n", "alice:x:1000:\n");
    const auto theirs = with("bob:x:01001:1001::/home/bob:/bin/sh\n# end", "bob:x:1001:\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_THAT(plan.clashes, IsEmpty());
    EXPECT_TRUE(plan.uids.empty() && plan.gids.empty());
    EXPECT_EQ(as_text(plan.passwd), theirs.passwd);
    EXPECT_EQ(as_text(plan.group), theirs.group);
}

TEST(Accounts, of_one_id_get_the_first_free_one_for_user_and_group_alike) {
    const auto ours =
        with("alice:x:1000:1000::/home/alice:/bin/sh\n", "alice:x:1000:\nx:x:1001:\n");
    const auto theirs = with("bob:x:1000:1000::/home/bob:/bin/sh\n", "bob:x:1000:\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_THAT(
        plan.clashes,
        ElementsAre(
            IdClash{IdKind::uid, 1000, "alice", "bob", 1002},
            IdClash{IdKind::gid, 1000, "alice", "bob", 1002}
        )
    );
    EXPECT_EQ(as_text(plan.passwd), base.passwd + "bob:x:1002:1002::/home/bob:/bin/sh\n");
    EXPECT_EQ(as_text(plan.group), base.group + "bob:x:1002:\n");
    EXPECT_EQ(plan.uids(1000), 1002U);
    EXPECT_EQ(plan.gids(1000), 1002U);
    EXPECT_EQ(plan.uids(0), 0U);
    expect_merges(ours, plan);
}

TEST(Accounts, of_the_system_get_ids_of_the_system_upwards_from_100) {
    const auto ours = with("postgres:x:101:104::/:/bin/sh\n", "postgres:x:104:\nssl:x:100:\n");
    const auto theirs = with("redis:x:101:104::/:/bin/sh\n", "redis:x:104:\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(plan.uids(101), 100U);
    EXPECT_EQ(plan.gids(104), 101U);
    expect_merges(ours, plan);
}

TEST(Accounts, of_one_name_with_two_ids_take_that_of_ours) {
    const auto ours = with("alice:x:1005:1005::/home/alice:/bin/sh\n", "alice:x:1005:\n");
    const auto theirs = with("alice:x:1000:1000::/home/alice:/bin/sh\n", "alice:x:1000:\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_THAT(
        plan.clashes,
        ElementsAre(
            IdClash{IdKind::uid, 1000, "alice", "alice", 1005},
            IdClash{IdKind::gid, 1000, "alice", "alice", 1005}
        )
    );
    EXPECT_EQ(as_text(plan.passwd), ours.passwd);
    expect_merges(ours, plan);
}

TEST(Accounts, with_exchanged_ids_are_exchanged_back_at_once) {
    const auto ours = with("a:x:100:0::/:/bin/sh\nb:x:101:0::/:/bin/sh\n", "");
    const auto theirs = with("b:x:100:0::/:/bin/sh\na:x:101:0::/:/bin/sh\n", "");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(plan.uids(100), 101U);
    EXPECT_EQ(plan.uids(101), 100U);
    expect_merges(ours, plan);
}

TEST(Accounts, whose_place_is_taken_by_a_name_that_moves_there_move_on) {
    const auto ours = with("a:x:1001:0::/:/bin/sh\n", "");
    const auto theirs = with("a:x:1000:0::/:/bin/sh\nb:x:1001:0::/:/bin/sh\n", "");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(plan.uids(1000), 1001U);
    EXPECT_EQ(plan.uids(1001), 1002U);
    expect_merges(ours, plan);
}

TEST(Accounts, of_the_base_never_clash) {
    const Files shared{"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n", "root:x:0:\n"};
    auto ours = shared;
    ours.passwd += "a:x:1000:0::/:/bin/sh\n";
    auto theirs = shared;
    theirs.passwd += "b:x:1001:0::/:/bin/sh\n";
    EXPECT_THAT(reassigned(ours, theirs, shared).clashes, IsEmpty());
}

TEST(Accounts, that_share_an_id_with_one_of_the_base_do_not_move) {
    const auto ours = with("rescue:x:0:0::/:/bin/sh\n", "");
    const auto theirs = with("toor:x:0:0::/:/bin/sh\n", "");
    const auto plan = reassigned(ours, theirs);
    EXPECT_THAT(plan.clashes, ElementsAre(IdClash{IdKind::uid, 0, "rescue", "toor", std::nullopt}));
    EXPECT_TRUE(plan.uids.empty());
    EXPECT_EQ(as_text(plan.passwd), theirs.passwd);
}

TEST(Accounts, that_theirs_renames_do_not_clash_with_their_old_name) {
    const Files old{"carol:x:1000:1000::/:/bin/sh\n", ""};
    const Files renamed{"dave:x:1000:1000::/:/bin/sh\n", ""};
    EXPECT_THAT(reassigned(old, renamed, old).clashes, IsEmpty());
}

TEST(Accounts, move_together_where_theirs_shares_an_id) {
    const auto ours = with("alice:x:1000:0::/:/bin/sh\n", "");
    const auto theirs = with("bob:x:1000:0::/:/bin/sh\nbobby:x:1000:0::/:/bin/sh\n", "");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(
        as_text(plan.passwd), base.passwd + "bob:x:1001:0::/:/bin/sh\nbobby:x:1001:0::/:/bin/sh\n"
    );
    expect_merges(ours, plan);
}

TEST(Accounts, keep_their_primary_group_when_the_group_moves) {
    const auto ours = with("", "docker:x:999:\n");
    const auto theirs = with("svc:x:500:999::/:/bin/sh\n", "svc:x:999:\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(plan.gids(999), 100U);
    EXPECT_EQ(as_text(plan.passwd), base.passwd + "svc:x:500:100::/:/bin/sh\n");
    expect_merges(ours, plan);
}

TEST(Accounts, stay_where_they_are_if_nothing_is_free) {
    std::string all;
    for (int id = 100; id < 1000; ++id) {
        all += "g" + std::to_string(id) + ":x:" + std::to_string(id) + ":\n";
    }
    const Files full{base.passwd, base.group + all};
    auto ours = full;
    ours.group += "a:x:50:\n";
    auto theirs = full;
    theirs.group += "b:x:50:\n";
    const auto plan = reassigned(ours, theirs, full);
    EXPECT_THAT(plan.clashes, ElementsAre(IdClash{IdKind::gid, 50, "a", "b", std::nullopt}));
    EXPECT_EQ(describe(plan.clashes.front()), "gid 50: a in ours, b in theirs; nothing is free");
}

TEST(SubordinateIds, that_overlap_go_behind_all_others) {
    const auto ours = with("", "", "alice:100000:65536\n");
    const auto theirs = with("", "", "bob:100000:65536\ncarol:165536:65536\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(as_text(plan.subuid), "bob:231072:65536\ncarol:165536:65536\n");
    EXPECT_EQ(as_text(plan.subgid), as_text(plan.subuid));
    EXPECT_EQ(plan.uids(100000), 231072U);
    EXPECT_EQ(plan.uids(165535), 296607U);
    EXPECT_EQ(plan.uids(165536), 165536U);
    EXPECT_EQ(plan.uids(99999), 99999U);
    expect_merges(ours, plan);
}

TEST(SubordinateIds, of_one_name_take_the_range_of_ours) {
    const auto ours = with("", "", "alice:165536:65536\n");
    const auto theirs = with("", "", "alice:100000:65536\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(as_text(plan.subuid), ours.subuid);
    EXPECT_EQ(plan.uids(100001), 165537U);
    expect_merges(ours, plan);
}

TEST(SubordinateIds, whose_owner_is_a_number_follow_the_owner) {
    const auto ours = with("alice:x:1000:0::/:/bin/sh\n", "");
    const auto theirs = with("bob:x:1000:0::/:/bin/sh\n", "", "1000:300000:10\n");
    const auto plan = reassigned(ours, theirs);
    EXPECT_EQ(as_text(plan.subuid), "1001:300000:10\n");
    EXPECT_EQ(as_text(plan.subgid), "1001:300000:10\n");
}

TEST(IdClashes, are_found_without_choosing_and_can_be_read) {
    const auto ours = with("alice:x:1000:0::/:/bin/sh\n", "");
    const auto theirs = with("bob:x:1000:0::/:/bin/sh\n", "");
    const AccountVersions versions{base.view(), ours.view(), theirs.view()};
    EXPECT_THAT(
        find_id_clashes(versions),
        ElementsAre(IdClash{IdKind::uid, 1000, "alice", "bob", std::nullopt})
    );
    EXPECT_EQ(
        describe(reassign_ids(versions).clashes.front()),
        "uid 1000: alice in ours, bob in theirs; theirs becomes 1001"
    );
}

} // namespace
} // namespace slipway::tree
