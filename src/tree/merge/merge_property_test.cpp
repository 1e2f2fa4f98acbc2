// What holds for every merge. RC_PARAMS="max_success=100000" runs more cases than the usual 100.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tree/merge/random_trees.h"

namespace slipway::tree {
namespace {

using rc::gen::element;

TestTree without_directory_times(TestTree tree) {
    for (const auto& [path, attributes] : tree.directories()) {
        tree.attributes(path).mtime = {};
    }
    return tree;
}

/// A change of nothing that another could mean: the times of all directories, and an inode with two
/// names. So nothing is equal, every directory is opened, and hard links are planned.
TestTree stirred(TestTree tree, const std::string& where) {
    for (const auto& [path, attributes] : tree.directories()) {
        tree.attributes(path).mtime = {7, static_cast<std::uint32_t>(where.size())};
    }
    tree.file(where + "/1", "").link(where + "/2", where + "/1");
    return tree;
}

/// "ours" for "theirs" and the other way about.
std::string exchanged(std::string text) {
    const auto replace = [&](std::string_view from, std::string_view to) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
            text.replace(at, from.size(), to);
        }
    };
    replace("theirs", "\1");
    replace("ours", "theirs");
    replace("\1", "ours");
    return text;
}

MergeConflict exchanged(MergeConflict conflict) {
    conflict.detail = exchanged(std::move(conflict.detail));
    std::swap(conflict.values.ours, conflict.values.theirs);
    return conflict;
}

MergeNote exchanged(MergeNote note) {
    note.text = exchanged(std::move(note.text));
    return note;
}

/// Each of `list` is in `others` with sides exchanged.
template <typename T>
bool are_mirrored(const std::vector<T>& list, const std::vector<T>& others) {
    return list.size() == others.size() && std::all_of(list.begin(), list.end(), [&](const T& one) {
               return std::count(others.begin(), others.end(), exchanged(one)) ==
                      std::count(list.begin(), list.end(), one);
           });
}

std::string listing(const MergeResult& result) {
    std::string text;
    for (const auto& conflict : result.conflicts) {
        text += fmt::format(
            "{} {} {} ({}, {}, {})\n",
            conflict.path,
            name_of(conflict.field),
            conflict.detail,
            conflict.values.base.value_or("-"),
            conflict.values.ours.value_or("-"),
            conflict.values.theirs.value_or("-")
        );
    }
    for (const auto& note : result.notes) {
        text += fmt::format("{}: {}\n", note.path, note.text);
    }
    return text;
}

RC_GTEST_PROP(MergeProperty, ASideThatDidNothingGivesTheOther, ()) {
    Merger merger;
    const auto base = any_tree();
    const auto changed = near(base);
    const auto tree = changed.store(merger.contents);
    RC_ASSERT(merger(base, changed, base).tree == tree);
    RC_ASSERT(merger(base, base, changed).tree == tree);
    RC_ASSERT(merger(base, changed, changed).tree == tree);
    RC_ASSERT(merger(std::nullopt, changed, changed).tree == tree);
}

/// The same where nothing can be decided by digest, down to the last directory.
RC_GTEST_PROP(MergeProperty, ASideThatStirredOnlyGivesTheOther, ()) {
    Merger merger;
    const auto base = any_tree();
    const auto changed = near(base);
    const auto check = [&](const std::optional<TestTree>& from,
                           const TestTree& ours,
                           const TestTree& theirs,
                           const TestTree& wanted) {
        RC_LOG() << "base\n"
                 << (from ? from->listing() : "") << "ours\n"
                 << ours.listing() << "theirs\n"
                 << theirs.listing();
        const auto result = merger(from, ours, theirs);
        RC_LOG() << listing(result);
        RC_ASSERT(result.tree);
        const auto merged = without_directory_times(merger.load(result));
        const auto expected = without_directory_times(wanted);
        RC_LOG() << "merged\n" << merged.listing();
        RC_ASSERT(merged.store(merger.contents) == expected.store(merger.contents));
    };
    check(base, changed, stirred(base, "/theirs"), stirred(changed, "/theirs"));
    check(base, stirred(base, "/ours"), changed, stirred(changed, "/ours"));
    const auto ours = stirred(changed, "/ours");
    const auto theirs = stirred(changed, "/theirs");
    check(base, ours, theirs, stirred(ours, "/theirs"));
    check(std::nullopt, ours, theirs, stirred(ours, "/theirs"));
}

RC_GTEST_PROP(MergeProperty, ResultsAreCanonicalAndSidesDoNotMatter, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    const auto there = merger(trees.base, trees.ours, trees.theirs);
    const auto back = merger(trees.base, trees.theirs, trees.ours);
    RC_LOG() << "there\n" << listing(there) << "back\n" << listing(back);
    RC_ASSERT(there.tree == back.tree);
    RC_ASSERT(are_mirrored(there.conflicts, back.conflicts));
    RC_ASSERT(are_mirrored(there.notes, back.notes));
    RC_ASSERT(there.tree.has_value() == there.conflicts.empty());
    RC_CLASSIFY(there.tree.has_value(), "merged");
    if (there.tree) {
        RC_ASSERT(merger.load(there).store(merger.contents) == *there.tree);
        RC_CLASSIFY(there.statistics.links_renewed > 0, "renewed links");
        RC_CLASSIFY(there.statistics.renames_followed > 0, "followed renames");
        RC_CLASSIFY(there.statistics.files_merged > 0, "merged files");
    }
}

/// Mostly hard links.
RC_GTEST_PROP(MergeProperty, NamesOfOneInodeStayOneAndOthersDoNotBecomeOne, ()) {
    Merger merger;
    TestTree base;
    base.file("/f", any_text()).link("/a/a", "/f").link("/c/f", "/f").link("/a/b/g", "/f");
    base.file("/g", any_text()).link("/c/h", "/g");
    const auto edit = [](TestTree tree) {
        for (auto left = *rc::gen::inRange(0, 6); left > 0; --left) {
            if (const auto name = any_name(tree)) {
                edit_name(tree, *name);
            }
        }
        return tree;
    };
    const auto ours = edit(base);
    const auto theirs = edit(base);
    RC_LOG() << "base\n"
             << base.listing() << "ours\n"
             << ours.listing() << "theirs\n"
             << theirs.listing();
    const auto result = merger(base, ours, theirs);
    RC_ASSERT(merger(base, theirs, ours).tree == result.tree);
    RC_CLASSIFY(result.tree.has_value(), "merged");
    if (!result.tree) {
        return;
    }
    const auto merged = merger.load(result);
    const auto in = [](const TestTree& tree, const std::string& a, const std::string& b) {
        return tree.names().count(a) != 0 && tree.names().count(b) != 0;
    };
    for (const auto& [a, inode] : merged.names()) {
        for (const auto& [b, other] : merged.names()) {
            if (!in(base, a, b) || !in(ours, a, b) || !in(theirs, a, b)) {
                continue;
            }
            const auto before = base.linked(a, b);
            const auto both = ours.linked(a, b) && theirs.linked(a, b);
            RC_ASSERT(!(before && !both && merged.linked(a, b)));
            RC_ASSERT(!(before && both && !merged.linked(a, b)));
        }
    }
}

/// Where one side did nothing to a file with one name, the other side's is there.
RC_GTEST_PROP(MergeProperty, WhatOneSideDidToAFileIsDone, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    const auto result = merger(trees.base, trees.ours, trees.theirs);
    if (!result.tree) {
        return;
    }
    const auto merged = merger.load(result);
    const auto alone = [](const TestTree& tree, const std::string& path) {
        for (const auto& [other, inode] : tree.names()) {
            if (other != path && tree.linked(path, other)) {
                return false;
            }
        }
        return true;
    };
    const auto same = [](const TestTree::Inode& a, const TestTree::Inode& b) {
        return a.node == b.node && a.attributes == b.attributes;
    };
    const auto check = [&](const TestTree& kept, const TestTree& changed) {
        for (const auto& [path, inode] : trees.base.names()) {
            if (kept.names().count(path) == 0 || !alone(kept, path) || !alone(trees.base, path) ||
                !same(kept.inode(path), trees.base.inode(path))) {
                continue;
            }
            const auto there = changed.names().count(path) != 0;
            RC_ASSERT(there == (merged.names().count(path) != 0));
            if (there && alone(changed, path)) {
                RC_ASSERT(same(merged.inode(path), changed.inode(path)));
            }
        }
    };
    check(trees.ours, trees.theirs);
    check(trees.theirs, trees.ours);
}

/// Every text that one side alone wrote is somewhere in the result.
RC_GTEST_PROP(MergeProperty, NothingThatWasWrittenIsLost, ()) {
    Merger merger;
    Trees trees;
    std::map<std::string, std::string> written; // where, by text
    const auto write = [&](TestTree& tree, const std::string& side) {
        for (auto left = *rc::gen::inRange(0, 4); left > 0; --left) {
            const auto name = any_name(tree);
            if (name && std::holds_alternative<File>(tree.inode(*name).node)) {
                const auto text = fmt::format("{} wrote {}\n", side, left);
                tree.edit(*name, text);
                written[text] = *name;
            }
        }
    };
    write(trees.ours, "ours");
    write(trees.theirs, "theirs");
    trees.log();
    const auto result = merger(trees.base, trees.ours, trees.theirs);
    RC_LOG() << listing(result);
    if (!result.tree || result.statistics.files_merged != 0) { // a driver mixes texts
        return;
    }
    RC_CLASSIFY(true, "compared");
    const auto merged = merger.load(result);
    const auto has = [&](const TestTree& tree, const std::string& text) {
        const auto id = sha256(as_bytes(text));
        return std::any_of(tree.names().begin(), tree.names().end(), [&](const auto& name) {
            const auto* file = std::get_if<File>(&tree.inode(name.first).node);
            return file != nullptr && file->content == id;
        });
    };
    for (const auto& [text, name] : written) {
        if (has(trees.ours, text) || has(trees.theirs, text)) { // it was not written over
            RC_ASSERT(has(merged, text));
        }
    }
}

/// Times do not count: a removal drops the new time of what it removes, and hard links may have
/// carried it elsewhere.
Digest without_times(Merger& merger, const Digest& id) {
    auto tree = TestTree::load(merger.contents, id);
    for (const auto& [path, attributes] : tree.directories()) {
        tree.attributes(path).mtime = {};
    }
    for (const auto& [path, inode] : tree.names()) {
        tree.attributes(path).mtime = {};
    }
    return tree.store(merger.contents);
}

/// Not so with renames: they are guesses, and what one order of merges takes for one, another does
/// not get to see. Nor with new links to a name that a third side removes: it takes with it what
/// tells that two links are one inode.
RC_GTEST_PROP(MergeProperty, TheOrderOfMergesDoesNotMatterWhereNothingConflicts, ()) {
    Merger merger;
    const Trees trees(Edits::keeping_links);
    const auto third = near(trees.base, Edits::keeping_links);
    trees.log();
    RC_LOG() << "third\n" << third.listing();
    const auto left = merger(trees.base, trees.ours, trees.theirs);
    const auto right = merger(trees.base, trees.theirs, third);
    if (!left.tree || !right.tree) {
        return;
    }
    const auto left_all = merger(trees.base, merger.load(left), third);
    const auto right_all = merger(trees.base, trees.ours, merger.load(right));
    const auto renames = left.statistics.renames_followed + right.statistics.renames_followed +
                         left_all.statistics.renames_followed +
                         right_all.statistics.renames_followed;
    if (!left_all.tree || !right_all.tree || renames != 0) {
        return;
    }
    RC_CLASSIFY(true, "compared");
    RC_LOG() << "left\n"
             << merger.load(left_all).listing() << "right\n"
             << merger.load(right_all).listing();
    RC_ASSERT(without_times(merger, *left_all.tree) == without_times(merger, *right_all.tree));
}

/// Any choice leaves no conflict that it can decide.
RC_GTEST_PROP(MergeProperty, AChoiceForASideDecidesEverything, ()) {
    Merger merger;
    const Trees trees;
    trees.log();
    merger.options.resolutions.add("/", *element(Choice::ours, Choice::theirs));
    const auto result = merger(trees.base, trees.ours, trees.theirs);
    RC_LOG() << listing(result);
    RC_ASSERT(result.tree);
    const auto merged = merger.load(result);
    RC_ASSERT(merged.store(merger.contents) == *result.tree);
}

} // namespace
} // namespace slipway::tree
