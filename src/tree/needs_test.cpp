#include "tree/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/memory_contents.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Buffer bytes_of(std::string_view text) {
    return to_buffer(as_bytes(text));
}

class Trees : public testing::Test {
protected:
    Entry file(const std::string& name, std::string_view text) {
        return {name, File{text.size(), contents.put(bytes_of(text))}, {}, {}};
    }

    Entry folder(const std::string& name, std::vector<Entry> entries) {
        return {name, Subdirectory{put(std::move(entries))}, {}, {}};
    }

    Digest put(std::vector<Entry> entries) {
        Directory directory;
        directory.entries = std::move(entries);
        return contents.put(encode(directory));
    }

    std::vector<Digest> needs(const Digest& tree, const std::optional<Digest>& base = {}) const {
        std::vector<Digest> told;
        Needs walk(contents, [&](const Need& need) {
            told.push_back(need.id);
            return Needs::Descend::yes;
        });
        walk.add(tree, base);
        return told;
    }

    MemoryContents contents;
};

Digest id_of(std::string_view text) {
    return sha256(as_bytes(text));
}

TEST_F(Trees, tells_of_everything_once_directories_first) {
    const auto inner = put({file("a", "one"), file("b", "two")});
    const auto root = put({folder("x", {file("a", "one"), file("b", "two")}), file("y", "one")});
    EXPECT_THAT(needs(root), ElementsAre(root, id_of("one"), inner, id_of("two")));
}

TEST_F(Trees, passes_over_what_the_base_has_at_the_same_path) {
    const auto same = folder("same", {file("a", "one")});
    const auto old = put({folder("other", {file("b", "two"), file("c", "three")}), same});
    const auto changed = folder("other", {file("b", "two"), file("c", "four")});
    const auto root = put({changed, same});
    EXPECT_THAT(
        needs(root, old),
        ElementsAre(root, std::get<Subdirectory>(changed.node).directory, id_of("four"))
    );
    EXPECT_THAT(needs(root, root), IsEmpty());
}

TEST_F(Trees, does_not_read_what_it_is_not_to_descend_into) {
    const auto below = folder("x", {file("a", "one")});
    const auto root = put({below});
    contents.remove(std::get<Subdirectory>(below.node).directory);
    std::vector<Digest> told;
    Needs walk(contents, [&](const Need& need) {
        told.push_back(need.id);
        return need.id == root ? Needs::Descend::yes : Needs::Descend::no;
    });
    walk.add(root, {});
    EXPECT_THAT(told, ElementsAre(root, std::get<Subdirectory>(below.node).directory));
    EXPECT_THROW(needs(root), Error);
}

TEST_F(Trees, follows_chunk_lists_and_refuses_one_of_another_length) {
    const std::string half(largest_chunk, 'x');
    const auto chunk = contents.put(bytes_of(half));
    const auto list = contents.put(encode(ChunkList{{{half.size(), chunk}, {65536, {}}}}));
    const auto good = put({{"f", File{half.size() + 65536, list}, {}, {}}});
    EXPECT_THAT(needs(good), UnorderedElementsAre(good, list, chunk));
    const auto bad = put({{"f", File{half.size() + 65537, list}, {}, {}}});
    EXPECT_THROW(needs(bad), Error);
}

} // namespace
} // namespace slipway::tree
