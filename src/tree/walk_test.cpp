#include "tree/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/ingest.h"
#include "tree/memory_contents.h"

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Entry subdirectory(std::string name, const Digest& id) {
    return {std::move(name), Subdirectory{id}, {}, {}};
}

Entry file(std::string name, std::uint64_t size, const Digest& content) {
    return {std::move(name), File{size, content}, {0644, 0, 0, {}, {}}, {}};
}

Digest put_directory(MemoryContents& contents, std::vector<Entry> entries) {
    return contents.put(encode(Directory{{}, std::move(entries)}));
}

const Digest small{{1}};
const Digest other{{2}};
const Digest zeros{{3}};

/// /a/doc/x, /b/doc (the same directory), /long, /z.txt and /y.txt, small payloads not held.
struct Example {
    Example() {
        const ChunkList two{{{262144, Digest{{8}}}, {65536, {}}, {100, small}}};
        list = contents.put(encode(two));
        doc = put_directory(contents, {file("x", 5, small)});
        a = put_directory(contents, {file("0", 0, {}), subdirectory("doc", doc)});
        b = put_directory(contents, {subdirectory("doc", doc), file("long", two.size(), list)});
        root = put_directory(
            contents,
            {subdirectory("a", a),
             subdirectory("b", b),
             file("long", two.size(), list),
             file("y.txt", 6, zeros),
             file("z", 7, other)}
        );
    }

    MemoryContents contents;
    Digest list, doc, a, b, root;
};

std::string error_of(const std::function<void()>& act, Fault fault) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), fault);
        return error.what();
    }
    return "no error";
}

TEST(Find, FindsTheRootDirectoriesAndFiles) {
    const Example example;
    for (const auto* path : {"", "/", "//"}) {
        const auto root = find(example.contents, example.root, path);
        EXPECT_FALSE(root.entry);
        EXPECT_EQ(root.directory->entries.size(), 5U);
    }
    for (const auto* path : {"/a/doc", "a/doc", "/a//doc/"}) {
        const auto doc = find(example.contents, example.root, path);
        EXPECT_EQ(doc.entry->name, "doc");
        EXPECT_EQ(doc.directory->entries.size(), 1U);
    }
    const auto x = find(example.contents, example.root, "b/doc/x");
    EXPECT_EQ(std::get<File>(x.entry->node).content, small);
    EXPECT_FALSE(x.directory);
}

TEST(Find, NamesTheFirstMissingComponent) {
    const Example example;
    const auto error = [&](const char* path) {
        return error_of([&] { find(example.contents, example.root, path); }, Fault::not_found);
    };
    EXPECT_EQ(error("/a/nothing/at/all"), "there is no /a/nothing");
    EXPECT_EQ(error("a/.."), "there is no /a/..");
    EXPECT_EQ(error("/a/doc/x/y"), "/a/doc/x is not a directory");
}

TEST(LookUp, FindsAsFindDoesOrNothing) {
    const Example example;
    const auto look = [&](const char* path) {
        return look_up(example.contents, example.root, path);
    };
    EXPECT_EQ(look("/")->directory->entries.size(), 5U);
    EXPECT_EQ(look("b/doc/x")->entry->name, "x");
    EXPECT_EQ(look("/b/doc")->directory->entries.size(), 1U);
    EXPECT_FALSE(look("/a/nothing/at/all"));
    EXPECT_FALSE(look("/a/doc/x/y"));
}

TEST(Walk, VisitsParentsFirstInTheOrderOfNamesAndEqualSubtreesAgain) {
    const Example example;
    std::vector<std::string> paths;
    walk(
        example.contents,
        example.root,
        [&](const std::string& path, const Digest& id, const Directory& directory) {
            paths.push_back(path);
            EXPECT_EQ(sha256(encode(directory)), id);
        }
    );
    EXPECT_THAT(paths, ElementsAre("", "/a", "/a/doc", "/b", "/b/doc"));
}

// Rule W1.
TEST(Walk, RefusesATreeThatIsTooDeep) {
    MemoryContents contents;
    auto tree = put_directory(contents, {});
    for (std::size_t depth = 0; depth < deepest_tree; ++depth) {
        tree = put_directory(contents, {subdirectory("d", tree)});
    }
    EXPECT_EQ(closure(contents, tree).size(), deepest_tree + 1);
    tree = put_directory(contents, {subdirectory("d", tree)});
    const auto visit = [](const std::string&, const Digest&, const Directory&) {};
    EXPECT_THAT(
        error_of([&] { walk(contents, tree, visit); }, Fault::corrupt), HasSubstr("is deeper")
    );
}

TEST(Closure, ListsDirectoriesAndChunkListsOnceWithoutReadingLists) {
    Example example;
    example.contents.remove(example.list);
    EXPECT_THAT(
        closure(example.contents, example.root),
        ElementsAre(
            ObjectRef{example.root, Kind::directory},
            ObjectRef{example.list, Kind::chunk_list},
            ObjectRef{example.a, Kind::directory},
            ObjectRef{example.doc, Kind::directory},
            ObjectRef{example.b, Kind::directory}
        )
    );
}

TEST(Closure, OfATreeWithManyEqualSubtreesIsSmall) {
    MemoryContents contents;
    auto tree = put_directory(contents, {});
    for (int depth = 0; depth < 100; ++depth) { // 2^100 paths
        tree = put_directory(contents, {subdirectory("l", tree), subdirectory("r", tree)});
    }
    EXPECT_EQ(closure(contents, tree).size(), 101U);
}

TEST(ForEachChunk, GivesEveryChunkOnceInTheOrderInWhichItWasStored) {
    const Example example;
    std::vector<ChunkRef> chunks;
    for_each_chunk(example.contents, example.root, [&](const ChunkRef& chunk) {
        chunks.push_back(chunk);
    });
    EXPECT_THAT(
        chunks,
        ElementsAre(
            ChunkRef{Digest{{8}}, 262144},
            ChunkRef{small, 100},
            ChunkRef{other, 7},
            ChunkRef{zeros, 6}
        )
    );
}

TEST(StoredBefore, SortsByExtensionThenName) {
    std::vector<std::string> names{"b.so", "a.txt", "z", "c.txt", "c.so", ".a", "b.txt.gz"};
    std::sort(names.begin(), names.end(), stored_before);
    EXPECT_THAT(names, ElementsAre(".a", "z", "b.txt.gz", "b.so", "c.so", "a.txt", "c.txt"));
}

} // namespace
} // namespace slipway::tree
