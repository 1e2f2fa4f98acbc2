// Random trees and random edits, for properties of merges (RapidCheck, within a property).
//
// They are small, and names are few: edits of two sides meet each other often.
#pragma once

#include <optional>
#include <string>

#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {

/// A path that a tree may have or not.
std::string any_path();

/// What a file may hold: LineSetDriver can merge most of it.
std::string any_text();

/// The path of something in the tree that is no directory; nothing if there is none.
std::optional<std::string> any_name(const TestTree& tree);

/// Which edits there are.
enum class Edits {
    all,
    keeping_links ///< no name becomes another inode's, and names with links are not renamed
};

/// Changes, removes, renames, links or splits one name, or makes it something else.
void edit_name(TestTree& tree, const std::string& name, Edits edits = Edits::all);

/// A tree with every kind of entry.
TestTree any_tree();

/// The tree after some edits, perhaps none.
TestTree near(const TestTree& tree, Edits edits = Edits::all);

/// Three trees of which the second and third come from the first.
struct Trees {
    explicit Trees(Edits edits = Edits::all)
        : base(any_tree()), ours(near(base, edits)), theirs(near(base, edits)) {}

    TestTree base;
    TestTree ours;
    TestTree theirs;

    /// Tells a failing property's reader what they are.
    void log() const;
};

/// Merges test trees. Content beneath /a is merged by a driver, all other is in conflict.
struct Merger {
    Merger();

    MergeResult
    operator()(const std::optional<TestTree>& base, const TestTree& ours, const TestTree& theirs);

    TestTree load(const MergeResult& result) const {
        return TestTree::load(contents, *result.tree);
    }

    MemoryContents contents;
    MemorySink sink{contents};
    LineSetDriver driver;
    MergeOptions options;
};

} // namespace slipway::tree
