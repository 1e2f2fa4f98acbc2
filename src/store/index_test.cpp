#include "store/index.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Digest id_of(std::string_view text) {
    return sha256(as_bytes(text));
}

/// A pack of that name with one frame of objects of ten bytes.
PackContents pack_of(std::string_view name, const std::vector<std::string>& objects) {
    Frame frame;
    frame.place = {15, 10, static_cast<std::uint32_t>(10 * objects.size()), Codec::raw};
    for (const auto& object : objects) {
        const auto offset = static_cast<std::uint32_t>(10 * frame.objects.size());
        frame.objects.push_back({id_of(object), Kind::chunk, offset, 10});
    }
    return {id_of(name), {frame}};
}

class Index : public testing::Test {
protected:
    void add(const PackContents& pack) { index_.add_pack(pack.pack, pack.frames); }

    /// The name of the pack that an object is in.
    Digest pack_with(std::string_view object) const {
        return index_.packs().at(index_.find(id_of(object)).value().pack);
    }

    TemporaryDirectory directory_;
    ObjectIndex index_{directory_.path(), Access::read_write, ObjectIndex::Missing::create};
};

TEST_F(Index, MovesObjectsToThePackThatTakesThePlaceOfTheirs) {
    const auto old = pack_of("old", {"a", "b"});
    const auto fresh = pack_of("fresh", {"b", "a"});
    add(old);
    index_.replace({old}, {fresh});
    EXPECT_EQ(pack_with("a"), fresh.pack);
    EXPECT_EQ(index_.find(id_of("a"))->offset, 10U);
    EXPECT_THAT(index_.packs(), ElementsAre(Pair(2U, fresh.pack)));
}

TEST_F(Index, NeverGivesAPackNumberTwice) {
    const auto old = pack_of("old", {"a"});
    add(old);
    index_.replace({old}, {pack_of("second", {"a"})});
    index_.replace({pack_of("second", {"a"})}, {old});
    EXPECT_THAT(index_.packs(), ElementsAre(Pair(3U, old.pack)));
}

TEST_F(Index, RefusesToLoseAnObjectAndChangesNothing) {
    const auto old = pack_of("old", {"a", "b"});
    add(old);
    EXPECT_THROW(index_.replace({old}, {pack_of("fresh", {"a"})}), Error);
    EXPECT_EQ(pack_with("a"), old.pack);
    EXPECT_THAT(index_.packs(), ElementsAre(Pair(1U, old.pack)));
}

TEST_F(Index, LeavesObjectsWhereTheyAreThatAreNotInARemovedPack) {
    const auto other = pack_of("other", {"a"});
    const auto old = pack_of("old", {"a", "b"});
    add(other);
    add(old);
    index_.replace({old}, {pack_of("fresh", {"a", "b"})});
    EXPECT_EQ(pack_with("a"), other.pack);
    EXPECT_EQ(pack_with("b"), id_of("fresh"));
}

TEST_F(Index, TakesThePlaceWithAPackThatAnotherWriterRecordedMeanwhile) {
    const auto old = pack_of("old", {"a"});
    const auto fresh = pack_of("fresh", {"a"});
    add(old);
    add(fresh);
    index_.replace({old}, {fresh});
    EXPECT_EQ(pack_with("a"), fresh.pack);
}

TEST_F(Index, CondemnedObjectsCanBeReadButAreNotHeld) {
    add(pack_of("pack", {"a", "b"}));
    index_.condemn({id_of("a")});
    EXPECT_FALSE(index_.holds(id_of("a")));
    EXPECT_TRUE(index_.find(id_of("a")));
    EXPECT_TRUE(index_.holds(id_of("b")));
    EXPECT_EQ(index_.size(), 1U);
    EXPECT_EQ(index_.condemned(), 1U);
    index_.reprieve({id_of("a"), id_of("b")});
    EXPECT_TRUE(index_.holds(id_of("a")));
    EXPECT_EQ(index_.condemned(), 0U);
}

TEST_F(Index, AnObjectThatIsStoredAnewIsNoLongerCondemned) {
    add(pack_of("old", {"a"}));
    index_.condemn({id_of("a")});
    add(pack_of("fresh", {"a"}));
    EXPECT_EQ(pack_with("a"), id_of("fresh"));
    EXPECT_EQ(index_.condemned(), 0U);
}

TEST_F(Index, AnObjectThatIsStoredAnewInTheSamePackIsNoLongerCondemned) {
    const auto pack = pack_of("pack", {"a", "b"});
    add(pack);
    index_.condemn({id_of("a"), id_of("b")});
    EXPECT_TRUE(index_.can_go(pack, {}));
    add(pack);
    EXPECT_TRUE(index_.holds(id_of("a")));
    EXPECT_EQ(index_.condemned(), 0U);
    EXPECT_FALSE(index_.can_go(pack, {id_of("a")}));
    EXPECT_TRUE(index_.can_go(pack, {id_of("a"), id_of("b")}));
}

TEST_F(Index, ForgetsCondemnedObjectsWithTheirPack) {
    const auto old = pack_of("old", {"a", "b"});
    add(old);
    index_.condemn({id_of("a")});
    index_.replace({old}, {pack_of("fresh", {"b"})});
    EXPECT_FALSE(index_.find(id_of("a")));
    EXPECT_EQ(index_.condemned(), 0U);
}

TEST_F(Index, CondemnedObjectsStaySoInThePackThatTakesThePlace) {
    const auto old = pack_of("old", {"a", "b"});
    add(old);
    index_.condemn({id_of("a")});
    index_.replace({old}, {pack_of("fresh", {"a", "b"})});
    EXPECT_FALSE(index_.holds(id_of("a")));
    EXPECT_EQ(pack_with("a"), id_of("fresh"));
}

TEST_F(Index, AReaderOfBeforeTheFirstCollectionSeesWhatIsCondemnedLater) {
    add(pack_of("pack", {"a"}));
    const ObjectIndex reader(directory_.path(), Access::read_only, ObjectIndex::Missing::refuse);
    index_.condemn({id_of("a")});
    EXPECT_TRUE(reader.find(id_of("a")));
}

TEST_F(Index, OpenedTwiceInAProcessItIsTheSame) {
    {
        const ObjectIndex second(
            directory_.path(), Access::read_write, ObjectIndex::Missing::refuse
        );
    }
    add(pack_of("pack", {"a"}));
    const ObjectIndex third(directory_.path(), Access::read_only, ObjectIndex::Missing::refuse);
    EXPECT_TRUE(third.holds(id_of("a")));
}

} // namespace
} // namespace slipway::store
