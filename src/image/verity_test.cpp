#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "image/image.h"
#include "image/test_trees.h"

namespace slipway::image {
namespace {

MemoryBlob random_blocks(std::uint64_t blocks) {
    return MemoryBlob(to_buffer(as_bytes(random_text(blocks * 4096, 3))));
}

bool runs(const std::string& command) {
    return std::system(command.c_str()) == 0; // NOLINT(concurrency-mt-unsafe): one thread
}

std::string hex(ConstBytes bytes) {
    std::string text;
    for (const auto byte : bytes) {
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return text;
}

/// A hash file in memory; every byte may be written once.
class HashFile {
public:
    explicit HashFile(std::uint64_t size) : bytes_(size), written_(size, false) {}

    WriteAt writer() {
        return [this](std::uint64_t offset, ConstBytes bytes) {
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                EXPECT_FALSE(written_.at(offset + i));
                written_.at(offset + i) = true;
                bytes_.at(offset + i) = bytes[i];
            }
        };
    }

    bool is_whole() const { return std::ranges::all_of(written_, std::identity()); }

    ConstBytes bytes() const { return bytes_; }

private:
    Buffer bytes_;
    std::vector<bool> written_;
};

TEST(Verity, TakesASingleBlockAsItsRoot) { // rule 26
    const auto blob = random_blocks(1);
    const auto salt = to_buffer(as_bytes("salt"));
    Buffer salted = salt;
    const auto bytes = read_all(blob, 4096);
    salted.insert(salted.end(), bytes.begin(), bytes.end());
    EXPECT_EQ(make_verity(blob, salt).root_hash, sha256(salted));
    EXPECT_EQ(verity_bytes(4096), 4096U);
}

TEST(Verity, AgreesWithVeritysetup) { // rules 26 to 30
    if (!runs("command -v veritysetup >/dev/null")) {
        GTEST_SKIP() << "veritysetup (cryptsetup-bin) is missing";
    }
    const TemporaryDirectory scratch;
    const auto data = (scratch.path() / "data").native();
    const auto hashes = (scratch.path() / "hashes").native();
    const auto theirs = (scratch.path() / "theirs").native();
    const auto salt = verity_salt(sha256({}));
    for (const std::uint64_t blocks : {1, 2, 127, 128, 129, 1000, 16'384, 16'385}) {
        const auto blob = random_blocks(blocks);
        HashFile file(verity_bytes(blob.size()));
        const auto verity = make_verity(blob, salt, file.writer());
        EXPECT_TRUE(file.is_whole());
        replace_file(data, read_all(blob, 1U << 30U));
        replace_file(hashes, file.bytes());
        EXPECT_TRUE(
            runs(fmt::format("veritysetup verify {} {} {}", data, hashes, verity.root_hash.hex()))
        ) << blocks;
        EXPECT_TRUE(runs(fmt::format(
            "rm -f {2}; veritysetup format --salt {1} --uuid {4} {0} {2} | grep -q {3}",
            data,
            hex(salt),
            theirs,
            verity.root_hash.hex(),
            "00000000-0000-4000-8000-000000000000"
        ))) << blocks;
        if (blocks > 1) {
            EXPECT_TRUE(runs(fmt::format("cmp -i 4096 {} {}", hashes, theirs))) << blocks;
        }
    }
}

TEST(Verity, DependsOnEveryBlockAndOnTheSalt) { // rules 26 and 27
    auto bytes = read_all(random_blocks(300), 1U << 30U);
    const auto salt = verity_salt(sha256({}));
    const auto root = make_verity(MemoryBlob(bytes), salt).root_hash;
    EXPECT_NE(make_verity(MemoryBlob(bytes), {}).root_hash, root);
    bytes.back() ^= std::byte{1};
    EXPECT_NE(make_verity(MemoryBlob(bytes), salt).root_hash, root);
}

TEST(Verity, RefusesPartsOfBlocksAndLongSalts) {
    EXPECT_THROW(make_verity(MemoryBlob(Buffer(4095)), {}), Error);
    EXPECT_THROW(make_verity(MemoryBlob(Buffer{}), {}), Error);
    EXPECT_THROW(make_verity(MemoryBlob(Buffer(4096)), Buffer(257)), Error);
}

} // namespace
} // namespace slipway::image
