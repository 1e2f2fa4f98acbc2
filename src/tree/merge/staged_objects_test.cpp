#include "tree/merge/staged_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tree/codec.h"
#include "tree/content.h"
#include "tree/memory_contents.h"
#include "tree/merge/ingest_sink.h"
#include "tree/walk.h"

namespace slipway::tree {
namespace {

Buffer bytes_of(std::string_view text) {
    return to_buffer(as_bytes(text));
}

std::string text_of(const Contents& contents, const Digest& tree, std::string_view path) {
    const auto file = std::get<File>(find(contents, tree, path).entry->node);
    Buffer bytes(file.size);
    open_file(contents, file)->read_at(0, bytes);
    return std::string(as_text(bytes));
}

/// /etc/passwd, "old".
Digest small_tree(MergeSink& sink) {
    Directory etc;
    etc.entries.push_back(
        {.name = "passwd", .node = sink.add_file(bytes_of("old")), .attributes = {}, .link = {}}
    );
    Directory root;
    root.entries.push_back(
        {.name = "etc",
         .node = Subdirectory{sink.add(Kind::directory, encode(etc))},
         .attributes = {},
         .link = {}}
    );
    return sink.add(Kind::directory, encode(root));
}

TEST(StagedObjects, CanBeReadAtOnceAndBeforeWhatIsBeneath) {
    MemoryContents beneath;
    const auto known = beneath.put(bytes_of("beneath"));
    StagedObjects staged(beneath);
    const auto tree = small_tree(staged);
    EXPECT_EQ(text_of(staged, tree, "/etc/passwd"), "old");
    EXPECT_NE(staged.open(known), nullptr);
    EXPECT_EQ(beneath.open(tree), nullptr);
}

TEST(StagedObjects, CutLongFilesAsAnImportDoes) {
    const MemoryContents beneath;
    StagedObjects staged(beneath);
    std::string text;
    for (std::uint64_t i = 0; text.size() < 3 * largest_single_chunk; ++i) {
        text += std::to_string(i * i) + "\n";
    }
    const auto file = staged.add_file(bytes_of(text));
    EXPECT_EQ(file, identify(as_bytes(text)));
    Buffer back(file.size);
    open_file(staged, file)->read_at(0, back);
    EXPECT_EQ(as_text(back), text);
}

TEST(StagedObjects, ReplaceAFileOfATree) {
    const MemoryContents beneath;
    StagedObjects staged(beneath);
    const auto tree = small_tree(staged);
    const auto changed = with_file(staged, staged, tree, "/etc/passwd", bytes_of("new"));
    EXPECT_EQ(text_of(staged, changed, "/etc/passwd"), "new");
    EXPECT_EQ(text_of(staged, tree, "/etc/passwd"), "old");
}

TEST(StagedObjects, LeaveATreeWithoutTheFileAsItIs) {
    const MemoryContents beneath;
    StagedObjects staged(beneath);
    const auto tree = small_tree(staged);
    for (const auto* const path : {"/etc/group", "/usr/passwd", "/etc", "/etc/passwd/more"}) {
        EXPECT_EQ(with_file(staged, staged, tree, path, bytes_of("new")), tree) << path;
    }
}

} // namespace
} // namespace slipway::tree
