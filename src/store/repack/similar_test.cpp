#include "store/repack/similar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"

namespace slipway::store {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t plenty = 1ULL << 40U;

Sketched sketched(const std::string& text) {
    return {sketch_of(as_bytes(text)), text.size()};
}

/// The text with a few bytes changed here and there, as a program that was linked anew.
std::string edited(std::string text) {
    for (std::size_t i = 0; i < text.size(); i += 997) {
        text[i] = static_cast<char>(~text[i]);
    }
    return "something before it" + text;
}

TEST(Likeness, BringsTogetherWhatHasMuchInCommon) {
    const auto a = noise(100'000, 1);
    const auto b = noise(100'000, 2);
    const std::vector objects{
        sketched(a),
        sketched(b),
        sketched(noise(100'000, 3)),
        sketched(edited(b)),
        sketched(edited(a))};
    EXPECT_THAT(order_by_likeness(objects, plenty), ElementsAre(0, 4, 1, 3, 2));
}

TEST(Likeness, LeavesTheRestInItsOrder) {
    std::vector<Sketched> objects;
    for (unsigned i = 0; i < 6; ++i) {
        objects.push_back(sketched(noise(50'000, i)));
    }
    objects.push_back(sketched(""));
    objects.push_back(sketched(std::string(100'000, '\0')));
    objects.push_back(sketched(std::string(200'000, '\0')));
    EXPECT_THAT(order_by_likeness(objects, plenty), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(Likeness, MakesNoClusterTooLarge) {
    const auto a = noise(100'000, 1);
    const std::vector objects{
        sketched(a), sketched(noise(1000, 2)), sketched(a), sketched(a), sketched(a)};
    EXPECT_THAT(order_by_likeness(objects, 250'000), ElementsAre(0, 2, 1, 3, 4));
}

TEST(Sketch, OfTooFewBytesSaysNothing) {
    EXPECT_EQ(sketch_of({}), Sketch{});
    EXPECT_EQ(sketch_of(as_bytes("eleven byte")), Sketch{});
}

} // namespace
} // namespace slipway::store
