#include "tree/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/pipeline.h"
#include "tree/codec.h"
#include "tree/memory_contents.h"

namespace slipway::tree {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t hole = 1ULL << 20U;

Buffer filled(std::size_t size, char c) {
    return Buffer(size, static_cast<std::byte>(c));
}

/// 300000 'a', 100000 'b' and padding to a block of 'c', a hole, 5 'd'.
struct LongExample {
    LongExample() {
        const auto add = [&](std::size_t size, char c) {
            const auto bytes = filled(size, c);
            all.insert(all.end(), bytes.begin(), bytes.end());
            list.runs.push_back({size, contents.put(bytes)});
        };
        add(300000, 'a');
        add(100000, 'b');
        add(1408, 'c');
        all.resize(all.size() + hole);
        list.runs.push_back({hole, {}});
        add(5, 'd');
        file = {all.size(), contents.put(encode(list))};
    }

    MemoryContents contents;
    Buffer all;
    ChunkList list;
    File file;
};

std::string error_of(const std::function<void()>& act, Fault fault) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), fault);
        return error.report();
    }
    return "no error";
}

TEST(OpenFile, OpensAnEmptyFileWithoutContents) {
    EXPECT_EQ(open_file(MemoryContents(), File{})->size(), 0U);
}

TEST(OpenFile, OpensASmallFileAsItsChunk) {
    MemoryContents contents;
    const auto bytes = filled(largest_single_chunk, 'x');
    const auto blob = open_file(contents, {bytes.size(), contents.put(bytes)});
    EXPECT_EQ(read_all(*blob, largest_single_chunk), bytes);
}

TEST(OpenFile, ReadsAnyRangeOfALongFile) {
    const LongExample example;
    const auto blob = open_file(example.contents, example.file);
    ASSERT_EQ(blob->size(), example.all.size());
    EXPECT_EQ(read_all(*blob, example.all.size()), example.all);
    const auto size = example.all.size();
    for (const std::uint64_t edge : {0UL, 300000UL, 401408UL, 401408 + hole, size}) {
        for (const std::uint64_t offset : {edge - std::min(edge, 3UL), edge}) {
            Buffer part(std::min(6UL, size - offset));
            blob->read_at(offset, part);
            const auto expected = ConstBytes(example.all).subspan(offset, part.size());
            EXPECT_TRUE(std::equal(part.begin(), part.end(), expected.begin())) << offset;
        }
    }
    Buffer one(1);
    EXPECT_THROW(blob->read_at(size, one), Error);
}

TEST(OpenFile, ServesManyThreads) {
    const LongExample example;
    const auto blob = open_file(example.contents, example.file);
    parallel_for(64, [&](std::size_t i) {
        const auto offset = i * 6000;
        Buffer part(6000);
        blob->read_at(offset, part);
        const auto expected = ConstBytes(example.all).subspan(offset, part.size());
        ASSERT_TRUE(std::equal(part.begin(), part.end(), expected.begin()));
    });
}

TEST(OpenFile, NamesAMissingChunkAndReadsTheRest) {
    LongExample example;
    const auto lost = *example.list.runs[1].chunk;
    example.contents.remove(lost);
    const auto blob = open_file(example.contents, example.file);
    Buffer part(10);
    blob->read_at(299990, part);
    const auto read_lost = [&] { blob->read_at(299995, part); };
    EXPECT_THAT(
        error_of(read_lost, Fault::not_found), HasSubstr("chunk " + lost.hex() + " is missing")
    );
}

TEST(OpenFile, NamesAChunkOfAnotherSize) {
    LongExample example;
    const auto wrong = *example.list.runs[1].chunk;
    example.contents.put_as(wrong, filled(99999, 'b'));
    const auto blob = open_file(example.contents, example.file);
    Buffer part(10);
    const auto read_wrong = [&] { blob->read_at(300000, part); };
    EXPECT_THAT(
        error_of(read_wrong, Fault::corrupt),
        HasSubstr("chunk " + wrong.hex() + " has 99999 bytes, not 100000")
    );
    const auto open_wrong = [&] { open_file(example.contents, {100000, wrong}); };
    EXPECT_THAT(error_of(open_wrong, Fault::corrupt), HasSubstr(wrong.hex()));
}

TEST(OpenFile, RefusesAChunkListOfAnotherSize) {
    const LongExample example;
    const File wrong{example.file.size + 1, example.file.content};
    EXPECT_THAT(
        error_of([&] { open_file(example.contents, wrong); }, Fault::corrupt),
        HasSubstr(example.file.content.hex())
    );
}

TEST(LoadObject, SaysWhichObjectIsMissingOrDamaged) {
    MemoryContents contents;
    const Digest absent{{1}};
    EXPECT_THAT(
        error_of([&] { load_commit(contents, absent); }, Fault::not_found),
        HasSubstr("commit " + absent.hex() + " is missing")
    );
    const auto damaged = contents.put(filled(9, 'x'));
    EXPECT_THAT(
        error_of([&] { load_directory(contents, damaged); }, Fault::corrupt),
        HasSubstr("while reading directory " + damaged.hex())
    );
}

} // namespace
} // namespace slipway::tree
