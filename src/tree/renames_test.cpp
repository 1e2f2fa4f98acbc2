#include "tree/renames.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tree/model_tree.h"

namespace slipway::tree {
namespace {

Attributes plain() {
    return {0644, 0, 0, {}, {}};
}

/// Files by path, their content as a number; the directories above them come by themselves.
ModelTree tree_of(const std::vector<std::pair<std::string, int>>& files) {
    ModelTree tree{{"", {"", Subdirectory{}, plain(), {}}}};
    for (const auto& [path, content] : files) {
        for (auto at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
            const auto above = path.substr(0, at);
            const auto name = above.substr(above.rfind('/') + 1);
            tree.try_emplace(above, Entry{name, Subdirectory{}, plain(), {}});
        }
        const auto size = content == 0 ? 0U : 5U;
        const Digest digest{{static_cast<std::uint8_t>(content)}};
        tree[path] = {path.substr(path.rfind('/') + 1), File{size, digest}, plain(), {}};
    }
    return tree;
}

std::vector<Change> paired(const ModelTree& before, const ModelTree& after) {
    MemoryContents contents;
    const auto old_root = put(contents, before).at("");
    const auto new_root = put(contents, after).at("");
    std::vector<Change> changes;
    diff(contents, {old_root, new_root}, [&](Change change) {
        changes.push_back(std::move(change));
    });
    return pair_renames(std::move(changes));
}

std::string text(const ModelTree& before, const ModelTree& after) {
    std::string lines;
    for (const auto& change : paired(before, after)) {
        lines += change.renamed() ? "R" : change.added() ? "A" : change.removed() ? "D" : "M";
        for (const auto part : all_parts) {
            lines += change.parts.has(part) ? " " + std::string(part_name(part)) : "";
        }
        lines += change.renamed() ? " " + change.from + " ->" : "";
        lines += " " + change.path;
        lines += change.inside > 0 ? " +" + std::to_string(change.inside) : "";
        lines += "\n";
    }
    return lines;
}

TEST(Renames, PairAFileByItsContent) {
    EXPECT_EQ(
        text(tree_of({{"/a", 1}, {"/x", 2}}), tree_of({{"/b", 1}, {"/x", 3}})),
        "R /a -> /b\nM content /x\n"
    );
}

TEST(Renames, TellWhatElseDiffers) {
    auto after = tree_of({{"/b", 1}});
    after["/b"].attributes.mode = 0600;
    EXPECT_EQ(text(tree_of({{"/a", 1}}), after), "R mode /a -> /b\n");
}

TEST(Renames, LeaveEmptyFilesAndUnlikeTypesAlone) {
    EXPECT_EQ(text(tree_of({{"/a", 0}}), tree_of({{"/b", 0}})), "D /a\nA /b\n");
    auto fifo = tree_of({{"/b", 1}});
    fifo["/b"].node = Fifo{};
    EXPECT_EQ(text(tree_of({{"/a", 1}}), fifo), "D /a\nA /b\n");
}

TEST(Renames, PairEachOfSeveralEqualOnesWithTheMostAlike) {
    EXPECT_EQ(
        text(
            tree_of({{"/k/1", 9}, {"/m/a/x", 1}, {"/m/b/x", 1}, {"/m/y", 1}}),
            tree_of({{"/k/1", 9}, {"/n/b/x", 1}, {"/n/y", 1}, {"/n/z", 1}})
        ),
        "D /m\nD /m/a\nA /n\nR /m/b -> /n/b +1\nR /m/y -> /n/y\nR /m/a/x -> /n/z\n"
    );
    EXPECT_EQ(
        text(tree_of({{"/a", 1}, {"/b", 1}, {"/c", 1}}), tree_of({{"/d", 1}})),
        "D /b\nD /c\nR /a -> /d\n"
    );
}

TEST(Renames, PairSymbolicLinksByTargetAndName) {
    const auto link = [](const std::string& path) {
        auto tree = tree_of({{"/x/keep", 1}, {"/y/keep", 1}, {path, 1}});
        tree[path].node = Symlink{"/target"};
        return tree;
    };
    EXPECT_EQ(text(link("/x/a"), link("/y/a")), "R /x/a -> /y/a\n");
    EXPECT_EQ(text(link("/x/a"), link("/x/b")), "R /x/a -> /x/b\n");
    EXPECT_EQ(text(link("/x/a"), link("/y/b")), "D /x/a\nA /y/b\n");
}

TEST(Renames, TellAnEqualDirectoryAsOne) {
    EXPECT_EQ(
        text(
            tree_of({{"/old/a", 1}, {"/old/empty", 0}, {"/old/sub/b", 2}}),
            tree_of({{"/z/new/a", 1}, {"/z/new/empty", 0}, {"/z/new/sub/b", 2}})
        ),
        "A /z\nR /old -> /z/new +4\n"
    );
}

TEST(Renames, PairTheLargestEqualDirectoriesFirst) {
    EXPECT_EQ(
        text(tree_of({{"/x/in/a", 1}}), tree_of({{"/b/a", 1}, {"/c/in/a", 1}})),
        "A /b\nA /b/a\nR /x -> /c +2\n"
    );
}

TEST(Renames, TellADirectoryThatMovedAlongAndWhatDiffersInIt) {
    auto before = tree_of({{"/old/a", 1}, {"/old/b", 2}, {"/old/c", 3}, {"/old/e", 0}});
    auto after = tree_of({{"/new/a", 1}, {"/new/b", 2}, {"/new/c", 4}, {"/new/e", 0}});
    after["/new"].attributes.mtime.seconds = 7;
    EXPECT_EQ(text(before, after), "R mtime /old -> /new +4\nR content /old/c -> /new/c\n");
    after["/new/more"] = before["/old/a"];
    after["/new/more"].name = "more";
    EXPECT_EQ(
        text(before, after),
        "A /new\nR /old/a -> /new/a\nR /old/b -> /new/b\nA /new/c\nA /new/e\nA /new/more\n"
        "D /old\nD /old/c\nD /old/e\n"
    );
}

TEST(Renames, DoNotCallADirectoryRenamedOfWhichLittleIsLeft) {
    EXPECT_EQ(
        text(
            tree_of({{"/old/a", 1}, {"/old/b", 2}, {"/old/c", 3}}),
            tree_of({{"/new/a", 1}, {"/new/b", 4}, {"/new/c", 5}})
        ),
        "A /new\nR /old/a -> /new/a\nA /new/b\nA /new/c\nD /old\nD /old/b\nD /old/c\n"
    );
}

TEST(Renames, KnowAGroupOfHardLinksUnderItsNewName) {
    auto before = tree_of({{"/old/a", 1}, {"/old/b", 1}});
    auto after = tree_of({{"/new/a", 1}, {"/new/b", 1}});
    for (const auto* name : {"/a", "/b"}) {
        before["/old" + std::string(name)].link = LinkId::of_path("/old/a");
        after["/new" + std::string(name)].link = LinkId::of_path("/new/a");
    }
    EXPECT_EQ(text(before, after), "R /old -> /new +2\n");
    after["/new/b"].link = LinkId::of_path("/new/b");
    EXPECT_EQ(
        text(before, after), "R /old -> /new +2\nR link /old/a -> /new/a\nR link /old/b -> /new/b\n"
    );
}

/// The tree that results if the changes are made; hard links are left out.
ModelTree applied(const ModelTree& before, const std::vector<Change>& changes) {
    auto tree = before;
    for (const auto& change : changes) {
        if (change.renamed() || change.removed()) {
            const auto& gone = change.renamed() ? change.from : change.path;
            RC_ASSERT(before.contains(gone));
            remove_at(tree, gone);
        }
    }
    for (const auto& change : changes) {
        const auto path = change.path == "/" ? "" : change.path;
        for (const auto& [old_path, entry] : before) {
            if (change.inside > 0 && lies_at(old_path, change.from)) {
                tree[path + old_path.substr(change.from.size())] = entry;
            }
        }
        if (change.after) {
            tree[path] = *change.after;
        }
    }
    return tree;
}

ModelTree without_links(ModelTree tree) {
    for (auto& [path, entry] : tree) {
        entry.link.reset();
        if (is_directory(entry)) {
            entry.node = Subdirectory{};
        }
    }
    return tree;
}

RC_GTEST_PROP(Renames, LoseAndInventNothing, ()) {
    const auto before = random_tree();
    const auto after = changed(before);
    RC_ASSERT(without_links(applied(before, paired(before, after))) == without_links(after));
}

} // namespace
} // namespace slipway::tree
