#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "image/erofs.h"
#include "image/image.h"
#include "image/test_trees.h"

namespace slipway::image {
namespace {

/// Some files of all lengths, one of them of several chunks.
Digest add_some_files(MemoryObjects& objects) {
    tree::Directory root{.attributes = {.mode = 0755}, .entries = {}};
    for (unsigned i = 0; i < 200; ++i) {
        const auto file = objects.add_file(random_text(i * 61, i));
        root.entries.push_back(entry("file " + std::to_string(i), file));
    }
    root.entries.push_back(entry("long", objects.add_file(random_text(2'000'000, 9))));
    return objects.add(root);
}

TEST(VirtualImage, ReadsTheSameWholeAndInPieces) {
    MemoryObjects objects;
    const VirtualImage image(make_layout(objects, add_some_files(objects)), objects);
    const auto whole = read_all(image, 1U << 30U);
    std::minstd_rand random(1);
    for (int i = 0; i < 500; ++i) {
        const auto offset = random() % whole.size();
        const auto length = std::min<std::size_t>(random() % 70'000, whole.size() - offset);
        Buffer piece(length);
        image.read_at(offset, piece);
        EXPECT_EQ(piece, to_buffer(ConstBytes(whole).subspan(offset, length)));
    }
}

TEST(VirtualImage, IsMetadataThenFilesAtBlockBoundaries) { // rules 3 and 22
    MemoryObjects objects;
    const VirtualImage image(make_layout(objects, add_some_files(objects)), objects);
    auto offset = image.layout().metadata->size();
    EXPECT_EQ(offset % erofs::block_bytes, 0U);
    for (const auto& file : image.layout().files) {
        Buffer shown(erofs::align_up(file.size, erofs::block_bytes));
        image.read_at(offset, shown);
        const auto wanted = read_all(*tree::open_file(objects, file), 1U << 30U);
        EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), shown.begin()));
        EXPECT_TRUE(all_zero(ConstBytes(shown).subspan(file.size)));
        offset += shown.size();
    }
    EXPECT_EQ(offset, image.size());
}

TEST(VirtualImage, OpensAFileOnceForManySmallReads) {
    MemoryObjects objects;
    const VirtualImage image(make_layout(objects, add_some_files(objects)), objects);
    const auto opened_before = objects.opened();
    Buffer piece(512);
    for (auto offset = image.size() - 100'000; offset + 512 < image.size(); offset += 512) {
        image.read_at(offset, piece);
    }
    EXPECT_LE(objects.opened() - opened_before, 1U + 3U); // its chunk list, and the chunks there
}

TEST(VirtualImage, ReadsFromManyThreads) {
    MemoryObjects objects;
    const VirtualImage image(make_layout(objects, add_some_files(objects)), objects);
    const auto whole = read_all(image, 1U << 30U);
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> readers;
        for (unsigned reader = 0; reader < 4; ++reader) {
            readers.emplace_back([&, reader] {
                std::minstd_rand random(reader + 1);
                Buffer piece(5000);
                for (int i = 0; i < 1000; ++i) {
                    const auto offset = random() % (whole.size() - piece.size());
                    image.read_at(offset, piece);
                    wrong += std::equal(
                                 piece.begin(),
                                 piece.end(),
                                 whole.begin() + static_cast<std::ptrdiff_t>(offset)
                             )
                                 ? 0
                                 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
}

TEST(VirtualImage, RefusesAPayloadOfAnotherLength) {
    MemoryObjects objects;
    auto file = objects.add_file("four");
    file.size = 5;
    tree::Directory root{.attributes = {.mode = 0755}, .entries = {entry("five", file)}};
    const VirtualImage image(make_layout(objects, objects.add(root)), objects);
    Buffer piece(1);
    image.read_at(0, piece);
    try {
        image.read_at(image.size() - erofs::block_bytes, piece);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt);
    }
}

TEST(VirtualImage, RefusesARangePastItsEnd) {
    MemoryObjects objects;
    const VirtualImage image(make_layout(objects, add_some_files(objects)), objects);
    Buffer piece(2);
    EXPECT_THROW(image.read_at(image.size() - 1, piece), Error);
}

} // namespace
} // namespace slipway::image
