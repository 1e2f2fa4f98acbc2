#include "store/signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "store/testing.h"

namespace slipway::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Signatures, AreKeptOnceForEachTarget) {
    const Fixture fixture;
    const auto repository = fixture.open();
    auto& signatures = repository.signatures();
    const auto commit = sha256(as_bytes("commit"));
    EXPECT_EQ(signatures.add(commit, as_bytes("alice's")), Signatures::Added::now);
    EXPECT_EQ(signatures.add(commit, as_bytes("alice's")), Signatures::Added::before);
    EXPECT_EQ(signatures.add(commit, as_bytes("bob's")), Signatures::Added::now);
    const auto reader = fixture.open(Access::read_only);
    EXPECT_THAT(reader.signatures().of(commit), SizeIs(2));
    EXPECT_THAT(reader.signatures().of(Digest{}), IsEmpty());
    EXPECT_THAT(reader.signatures().targets(), ElementsAre(commit));
}

TEST(Signatures, AreNeitherEmptyNorEndless) {
    const Fixture fixture;
    const auto repository = fixture.open();
    EXPECT_THROW(repository.signatures().add(Digest{}, {}), Error);
    EXPECT_THROW(repository.signatures().add(Digest{}, Buffer(longest_signature + 1)), Error);
}

TEST(Signatures, AreAbsentFromADatabaseOfBeforeThereWereAny) {
    const Fixture fixture;
    make_state_version_1(fixture);
    const auto reader = fixture.open(Access::read_only);
    EXPECT_THAT(reader.signatures().of(Digest{}), IsEmpty());
    EXPECT_THAT(reader.signatures().targets(), IsEmpty());
    const auto writer = fixture.open();
    writer.signatures().add(Digest{}, as_bytes("late"));
    EXPECT_THAT(reader.signatures().of(Digest{}), SizeIs(1));
}

} // namespace
} // namespace slipway::store
