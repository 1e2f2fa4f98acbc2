// Branches that are taken over from another repository. Their own moves: repository_test.cpp.
#include "store/branches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::SizeIs;

Digest commit(int number) {
    return sha256(as_bytes(std::to_string(number)));
}

/// Moves 1 to `count`, newest first.
std::vector<Move> moves(std::int64_t count) {
    std::vector<Move> all;
    for (auto i = count; i > 0; --i) {
        all.push_back({i, commit(static_cast<int>(i)), 100 + i, "who", "reason"});
    }
    return all;
}

class Adopted : public testing::Test {
protected:
    Adopted() : repository(fixture.open()), branches(repository.branches()) {}

    Fixture fixture;
    Repository repository;
    Branches& branches;
};

TEST_F(Adopted, has_all_moves_as_they_were_there) {
    EXPECT_TRUE(branches.adopt("a/b", moves(3), {}));
    EXPECT_EQ(branches.find("a/b")->commit, commit(3));
    EXPECT_EQ(branches.find("a/b")->sequence, 3);
    EXPECT_EQ(branches.reflog("a/b").back().time, 101);
    EXPECT_FALSE(branches.adopt("a/b", moves(3), {}));
    EXPECT_TRUE(branches.adopt("a/b", moves(5), {}));
    EXPECT_THAT(branches.reflog("a/b"), SizeIs(5));
}

TEST_F(Adopted, keeps_moves_that_were_forgotten_there) {
    branches.adopt("main", moves(3), {});
    auto later = moves(5);
    later.resize(1);
    EXPECT_TRUE(branches.adopt("main", later, {}));
    EXPECT_THAT(branches.reflog("main"), SizeIs(4));
}

TEST_F(Adopted, gives_up_own_moves_only_if_told_so) {
    branches.move("main", std::nullopt, commit(9), {1, "me", "mine"});
    EXPECT_THROW(branches.adopt("main", moves(3), {}), Error);
    EXPECT_EQ(branches.find("main")->commit, commit(9));
    EXPECT_TRUE(branches.adopt("main", moves(3), {.divergence = Branches::Divergence::replace}));
    EXPECT_THAT(branches.reflog("main"), SizeIs(3));
}

TEST_F(Adopted, refuses_to_go_back_to_an_older_state) {
    branches.adopt("main", moves(3), {});
    EXPECT_THROW(branches.adopt("main", moves(2), {}), Error);
}

TEST_F(Adopted, stands_beside_others_as_a_new_branch_must) {
    branches.adopt("a", moves(1), {});
    EXPECT_THROW(branches.adopt("a/b", moves(1), {}), Error);
    EXPECT_THROW(branches.adopt("-x", moves(1), {}), Error);
}

TEST_F(Adopted, goes_if_it_is_where_it_was_seen) {
    branches.adopt("main", moves(2), {});
    EXPECT_EQ(branches.remove("main", commit(1), {1, "me", "gone"}), MoveResult::was_elsewhere);
    EXPECT_EQ(branches.remove("main", commit(2), {1, "me", "gone"}), MoveResult::moved);
    EXPECT_THAT(branches.list(), SizeIs(0));
}

} // namespace
} // namespace slipway::store
