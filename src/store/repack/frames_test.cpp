#include "store/repack/frames.h"

#include <gtest/gtest.h>

#include "base/zstd.h"

namespace slipway::store {
namespace {

OrderedObject object_of(Group group, std::uint32_t length) {
    return {Digest{}, Kind::chunk, length, group};
}

/// Objects by name, as a repository has them.
class Objects final : public Contents {
public:
    Digest add(Buffer bytes) {
        const auto id = sha256(bytes);
        held_.emplace(id, std::make_shared<const Buffer>(std::move(bytes)));
        return id;
    }

    std::unique_ptr<Blob> open(const Digest& id) const override {
        const auto found = held_.find(id);
        return found == held_.end() ? nullptr : std::make_unique<MemoryBlob>(found->second);
    }

private:
    std::unordered_map<Digest, std::shared_ptr<const Buffer>> held_;
};

TEST(Frames, HoldObjectsOfOneGroup) {
    const auto frames = plan_frames(
        {object_of(Group::hot, 10), object_of(Group::hot, 20), object_of(Group::cold, 30)}
    );
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].objects.size(), 2U);
    EXPECT_EQ(frames[0].raw_length, 30U);
    EXPECT_EQ(frames[1].group, Group::cold);
}

TEST(Frames, AreAsLargeAsTheirGroupSays) {
    const auto one = 100'000U;
    const std::vector<OrderedObject> hot(10, object_of(Group::hot, one));
    const std::vector<OrderedObject> cold(10, object_of(Group::cold, one));
    EXPECT_EQ(plan_frames(hot).size(), 5U);
    EXPECT_EQ(plan_frames(cold).size(), 1U);
    const auto larger = static_cast<std::uint32_t>(rules_of(Group::hot).frame_bytes + 1);
    const auto frames = plan_frames({object_of(Group::hot, 1), object_of(Group::hot, larger)});
    EXPECT_EQ(frames.size(), 2U);
}

TEST(Dictionary, IsMadeOfSlicesSpreadOverItsGroup) {
    Objects contents;
    std::vector<OrderedObject> objects;
    for (int i = 0; i < 100; ++i) {
        const auto id = contents.add(Buffer(64U << 10U, static_cast<std::byte>(i)));
        objects.push_back({id, Kind::chunk, 64U << 10U, Group::modules});
    }
    const auto dictionary = make_dictionary(contents, objects, Group::modules);
    EXPECT_EQ(dictionary.size(), 12U * (32U << 10U)); // a sixteenth, in whole slices
    EXPECT_EQ(dictionary.front(), std::byte{4});
    EXPECT_EQ(dictionary.back(), std::byte{95});
    EXPECT_EQ(dictionary, make_dictionary(contents, objects, Group::modules));
}

TEST(Dictionary, IsNotMadeOfLittleOrForOtherGroups) {
    Objects contents;
    const auto id = contents.add(Buffer(1U << 20U));
    const std::vector<OrderedObject> one{{id, Kind::chunk, 1U << 20U, Group::modules}};
    EXPECT_TRUE(make_dictionary(contents, one, Group::modules).empty());
    const std::vector<OrderedObject> many(100, {id, Kind::chunk, 1U << 20U, Group::hot});
    EXPECT_TRUE(make_dictionary(contents, many, Group::hot).empty());
}

} // namespace
} // namespace slipway::store
