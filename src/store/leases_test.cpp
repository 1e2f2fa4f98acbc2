#include "store/leases.h"

#include <gmock/gmock.h>

#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct LeasesTest : testing::Test {
    TemporaryDirectory directory;
    std::shared_ptr<State> state =
        std::make_shared<State>(directory.path() / "state.db", Database::Mode::create);
    Leases leases{state};
    Digest commit = sha256(as_bytes("commit"));
};

TEST_F(LeasesTest, ALeaseIsRenewedByTheSameHolder) {
    EXPECT_TRUE(leases.grant({"host", commit, 100}, 1));
    EXPECT_TRUE(leases.grant({"host", commit, 200}, 50));
    EXPECT_THAT(leases.list(), ElementsAre(Lease{"host", commit, 200}));
}

TEST_F(LeasesTest, OnesThatHaveEndedGoWhenAnotherIsTaken) {
    leases.grant({"old", commit, 100}, 1);
    leases.grant({"new", commit, 200}, 100);
    EXPECT_THAT(leases.list(), ElementsAre(Lease{"new", commit, 200}));
}

TEST_F(LeasesTest, CanBeForgottenByHolder) {
    leases.grant({"a", commit, 100}, 1);
    leases.grant({"a", sha256(as_bytes("other")), 100}, 1);
    leases.grant({"b", commit, 100}, 1);
    EXPECT_EQ(leases.forget("b", sha256(as_bytes("other"))), 0);
    EXPECT_EQ(leases.forget("a", std::nullopt), 2);
    EXPECT_THAT(leases.list(), ElementsAre(Lease{"b", commit, 100}));
}

TEST_F(LeasesTest, ThereAreOnlySoMany) {
    {
        const auto database = state->lock();
        database->run("BEGIN");
        for (std::size_t i = 0; i < most_leases; ++i) {
            Statement(*database, "INSERT INTO leases (holder, target, until) VALUES (?, ?, 100)")
                .bind("holder-" + std::to_string(i))
                .bind(commit)
                .step();
        }
        database->run("COMMIT");
    }
    EXPECT_FALSE(leases.grant({"one-more", commit, 100}, 1));
    EXPECT_TRUE(leases.grant({"holder-7", commit, 200}, 1));
    leases.forget_ended(100);
    EXPECT_THAT(leases.list(), ElementsAre(Lease{"holder-7", commit, 200}));
}

TEST_F(LeasesTest, HoldersAreShortAndPrintable) {
    EXPECT_TRUE(is_lease_holder("lab-17/52:54:00:12:34:56"));
    EXPECT_FALSE(is_lease_holder(""));
    EXPECT_FALSE(is_lease_holder("two words"));
    EXPECT_FALSE(is_lease_holder("line\n"));
    EXPECT_FALSE(is_lease_holder(std::string(longest_holder + 1, 'a')));
}

} // namespace
} // namespace slipway::store
