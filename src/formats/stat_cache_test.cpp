#include "formats/stat_cache.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"

namespace slipway::formats {
namespace {

Stamp stamp_of(std::uint64_t inode) {
    return Stamp{7, inode, 100, {1'000'000, 5}, {1'000'001, 6}};
}

tree::File file_of(std::uint8_t seed) {
    return {100, Digest{{seed}}};
}

std::filesystem::path only_file(const std::filesystem::path& directory) {
    return *std::filesystem::directory_iterator(directory);
}

TEST(StatCache, FindsWhatAnotherScanRemembered) {
    const TemporaryDirectory directory;
    StatCache first(directory.path() / "new" / "cache", "/source");
    first.remember(stamp_of(2), file_of(2));
    first.remember(stamp_of(1), file_of(1));
    EXPECT_EQ(first.find(stamp_of(1)), std::nullopt) << "it is for the next scan";
    first.save();
    const StatCache second(directory.path() / "new" / "cache", "/source");
    EXPECT_EQ(second.find(stamp_of(1)), file_of(1));
    EXPECT_EQ(second.find(stamp_of(2)), file_of(2));
    EXPECT_EQ(second.find(stamp_of(3)), std::nullopt);
    const StatCache other(directory.path() / "new" / "cache", "/other");
    EXPECT_EQ(other.find(stamp_of(1)), std::nullopt);
}

TEST(StatCache, TrustsNoFileWhoseStampDiffersInAnything) {
    const TemporaryDirectory directory;
    StatCache first(directory.path(), "/source");
    first.remember(stamp_of(1), file_of(1));
    first.save();
    const StatCache second(directory.path(), "/source");
    for (const auto change : std::initializer_list<void (*)(Stamp&)>{
             [](Stamp& stamp) { stamp.device = 8; },
             [](Stamp& stamp) { stamp.size = 101; },
             [](Stamp& stamp) { ++stamp.mtime.seconds; },
             [](Stamp& stamp) { ++stamp.mtime.nanoseconds; },
             [](Stamp& stamp) { ++stamp.ctime.seconds; },
             [](Stamp& stamp) { ++stamp.ctime.nanoseconds; }}) {
        auto stamp = stamp_of(1);
        change(stamp);
        EXPECT_EQ(second.find(stamp), std::nullopt);
    }
}

TEST(StatCache, ForgetsFilesTouchedSinceTheScanBegan) {
    const TemporaryDirectory directory;
    StatCache first(directory.path(), "/source");
    std::ofstream(directory.path() / "young") << "x";
    struct stat status = {};
    ASSERT_EQ(stat((directory.path() / "young").c_str(), &status), 0);
    const auto young = Stamp::of(status);
    first.remember(young, {1, Digest{{1}}});
    auto backdated = young; // by touch: only the ctime tells
    backdated.mtime = {5, 0};
    backdated.inode = 1;
    first.remember(backdated, {1, Digest{{1}}});
    first.save();
    const StatCache second(directory.path(), "/source");
    EXPECT_EQ(second.find(young), std::nullopt);
    EXPECT_EQ(second.find(backdated), std::nullopt);
}

TEST(StatCache, TakesADamagedFileForNone) {
    const TemporaryDirectory directory;
    StatCache first(directory.path(), "/source");
    first.remember(stamp_of(1), file_of(1));
    first.save();
    const auto path = only_file(directory.path());
    const auto whole = read_file(path);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto damaged = whole;
        damaged[i] ^= std::byte{1};
        EXPECT_FALSE(StatTable::parse(damaged)) << i;
        EXPECT_FALSE(StatTable::parse(to_buffer(ConstBytes(whole).first(i)))) << i;
    }
    replace_file(path, as_bytes("rubbish"));
    EXPECT_EQ(StatCache(directory.path(), "/source").find(stamp_of(1)), std::nullopt);
}

TEST(StatCache, SavesNothingWithoutAPlace) {
    StatCache cache;
    cache.remember(stamp_of(1), file_of(1));
    cache.save();
    EXPECT_EQ(cache.find(stamp_of(1)), std::nullopt);
}

} // namespace
} // namespace slipway::formats
