// Diversions of packages and files of packages, as they come and go on two sides.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tree/merge/drivers/registry.h"
#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

constexpr auto list = "/var/lib/dpkg/diversions";

/// One program of a package, which another package may divert. Every text is written once.
class DivertedSystem {
public:
    explicit DivertedSystem(std::string writer) : writer_(std::move(writer)) {
        tree_.symlink("/bin", "usr/bin").file("/usr/bin/other", "").file(list, "");
    }

    const TestTree& tree() const { return tree_; }

    DivertedSystem written_by(std::string writer) const {
        auto other = *this;
        other.writer_ = std::move(writer);
        other.texts_.clear();
        return other;
    }

    const std::vector<std::string>& texts() const { return texts_; }

    void change() {
        for (auto left = *rc::gen::inRange(0, 4); left > 0; --left) {
            step(*rc::gen::inRange(0, 4));
        }
    }

private:
    void step(int kind) {
        const auto real = diverted_ ? aside : path;
        switch (kind) {
        case 0: // installed, or upgraded
            tree_.file(real, text("program"));
            break;
        case 1:
            if (tree_.has(real)) {
                tree_.remove(real);
            }
            break;
        case 2:
            if (!diverted_) {
                divert();
            }
            break;
        default:
            if (diverted_) {
                end_diversion();
            }
        }
    }

    void divert() {
        diverted_ = true;
        tree_.file(list, fmt::format("/bin/x\n{}\nwrapper\n", aside));
        if (tree_.has(path)) {
            tree_.rename(path, aside);
        }
        if (*rc::gen::arbitrary<bool>()) {
            tree_.file(path, text("wrapper"));
        }
    }

    void end_diversion() {
        diverted_ = false;
        tree_.file(list, "");
        if (tree_.has(path)) {
            tree_.remove(path);
        }
        if (tree_.has(aside)) {
            tree_.rename(aside, path);
        }
    }

    std::string text(const std::string& what) {
        texts_.push_back(fmt::format("{} {} {}", what, texts_.size(), writer_));
        return texts_.back();
    }

    static constexpr auto path = "/usr/bin/x";
    static constexpr auto aside = "/usr/bin/x.distrib";
    std::string writer_;
    TestTree tree_;
    bool diverted_ = false;
    std::vector<std::string> texts_;
};

bool holds(const TestTree& tree, const std::string& text) {
    const auto id = sha256(as_bytes(text));
    return std::any_of(tree.names().begin(), tree.names().end(), [&](const auto& name) {
        const auto* file = std::get_if<File>(&tree.inode(name.first).node);
        return file != nullptr && file->content == id;
    });
}

RC_GTEST_PROP(MergeProperty, NothingIsLostWhereFilesAreDiverted, ()) {
    DivertedSystem base("base");
    base.change();
    auto ours = base.written_by("ours");
    ours.change();
    auto theirs = base.written_by("theirs");
    theirs.change();
    RC_LOG() << "base\n"
             << base.tree().listing() << "ours\n"
             << ours.tree().listing() << "theirs\n"
             << theirs.tree().listing();
    MemoryContents contents;
    MemorySink sink(contents);
    MergeOptions options;
    options.drivers = registry();
    const auto merged = [&](const DivertedSystem& one, const DivertedSystem& other) {
        const MergeTrees trees{
            base.tree().store(contents), one.tree().store(contents), other.tree().store(contents)};
        return merge(contents, sink, trees, options).tree;
    };
    const auto result = merged(ours, theirs);
    RC_ASSERT(merged(theirs, ours) == result);
    RC_CLASSIFY(result.has_value(), "merged");
    if (!result) {
        return;
    }
    const auto tree = TestTree::load(contents, *result);
    RC_LOG() << "merged\n" << tree.listing();
    for (const auto* side : {&ours, &theirs}) {
        for (const auto& text : side->texts()) {
            RC_ASSERT(!holds(side->tree(), text) || holds(tree, text));
        }
    }
}

} // namespace
} // namespace slipway::tree
