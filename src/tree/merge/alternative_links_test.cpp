#include <gtest/gtest.h>

#include "tree/merge/drivers/registry.h"
#include "tree/merge/merge.h"
#include "tree/merge/test_trees.h"

namespace slipway::tree {
namespace {

struct Editor {
    std::string path;
    int priority;
    bool manual_page = true;
};

/// Three trees in which editors are installed, as update-alternatives leaves them.
class AlternativeLinks : public testing::Test {
protected:
    AlternativeLinks() { options.drivers = registry(); }

    static TestTree with(const std::vector<Editor>& editors, const std::string& chosen = {}) {
        TestTree tree;
        tree.symlink("/bin", "usr/bin");
        for (const auto* directory :
             {"/usr/bin",
              "/usr/share/man/man1",
              "/etc/alternatives",
              "/var/lib/dpkg/alternatives"}) {
            tree.file(std::string(directory) + "/other", "of another package");
        }
        if (editors.empty()) {
            return tree;
        }
        std::string list = chosen.empty() ? "auto\n" : "manual\n";
        list += "/usr/bin/editor\neditor.1.gz\n/usr/share/man/man1/editor.1.gz\n\n";
        const auto* best = &editors.front();
        for (const auto& editor : editors) {
            tree.file("/usr" + editor.path, editor.path);
            tree.file(manual_page(editor), editor.path);
            list += editor.path + "\n" + std::to_string(editor.priority) + "\n";
            list += editor.manual_page ? manual_page(editor) + "\n" : "\n";
            const auto better =
                chosen.empty() ? editor.priority > best->priority : editor.path == chosen;
            best = better ? &editor : best;
        }
        tree.file("/var/lib/dpkg/alternatives/editor", list + "\n");
        tree.symlink("/etc/alternatives/editor", best->path);
        tree.symlink("/usr/bin/editor", "/etc/alternatives/editor");
        if (best->manual_page) {
            tree.symlink("/etc/alternatives/editor.1.gz", manual_page(*best));
            tree.symlink("/usr/share/man/man1/editor.1.gz", "/etc/alternatives/editor.1.gz");
        }
        return tree;
    }

    static std::string manual_page(const Editor& editor) {
        return "/usr/share/man/man1" + editor.path.substr(editor.path.rfind('/')) + ".1.gz";
    }

    MergeResult run(const TestTree& base, const TestTree& ours, const TestTree& theirs) {
        const MergeTrees trees{base.store(contents), ours.store(contents), theirs.store(contents)};
        return merge(contents, sink, trees, options);
    }

    /// Also with the sides exchanged.
    void expect(const TestTree& base, TestTree ours, TestTree theirs, const TestTree& wanted) {
        for (int side = 0; side < 2; ++side) {
            const auto result = run(base, ours, theirs);
            ASSERT_TRUE(result.tree) << result.conflicts.front().path;
            EXPECT_EQ(TestTree::load(contents, *result.tree).listing(), wanted.listing());
            std::swap(ours, theirs);
        }
    }

    const Editor ed{"/bin/ed", -100};
    const Editor nano{"/bin/nano", 40};
    const Editor tiny{"/bin/vim.tiny", 15};
    const Editor vim{"/bin/vim", 50, false};
    MemoryContents contents;
    MemorySink sink{contents};
    MergeOptions options;
};

TEST_F(AlternativeLinks, LeadToTheBestOfWhatBothSidesAdded) {
    expect(with({ed}), with({ed, nano}), with({ed, tiny}), with({ed, nano, tiny}));
}

TEST_F(AlternativeLinks, AreThoseOfTheBestWhenBothSidesAddTheAlternative) {
    expect(with({}), with({nano}), with({tiny}), with({nano, tiny}));
}

TEST_F(AlternativeLinks, FollowWhenTheBestChoiceIsTakenOutAndTheNextOneCameMeanwhile) {
    expect(with({ed, vim}), with({ed, nano, vim}), with({ed}), with({ed, nano}));
}

TEST_F(AlternativeLinks, StayWhenTheLastChoiceOfTheBaseIsTakenOutAndAnotherCameMeanwhile) {
    expect(with({tiny}), with({nano, tiny}), with({}), with({nano}));
}

TEST_F(AlternativeLinks, GoWithTheLastChoice) {
    const auto base = with({nano, tiny});
    const auto ours = with({tiny});
    const auto theirs = with({nano});
    expect(base, ours, theirs, with({}));
}

TEST_F(AlternativeLinks, OfASlaveThatTheBestChoiceLacksAreNotThere) {
    expect(with({ed}), with({ed, nano}), with({ed, vim}), with({ed, nano, vim}));
}

TEST_F(AlternativeLinks, OfASlaveThatTheBestChoiceLackedComeWithTheNextOne) {
    expect(with({vim}), with({vim, tiny}), with({}), with({tiny}));
}

TEST_F(AlternativeLinks, StayWhereSomebodyChoseByHand) {
    expect(
        with({ed, nano}, "/bin/ed"),
        with({ed, nano, tiny}, "/bin/ed"),
        with({ed, nano, vim}, "/bin/ed"),
        with({ed, nano, vim, tiny}, "/bin/ed")
    );
}

TEST_F(AlternativeLinks, AreLeftAloneWhereSomebodyPutAFile) {
    auto base = with({ed});
    auto ours = with({ed, nano});
    auto wanted = with({ed, nano, tiny});
    base.file("/usr/bin/editor", "my own");
    ours.file("/usr/bin/editor", "my own");
    wanted.file("/usr/bin/editor", "my own");
    auto theirs = with({ed, tiny});
    theirs.file("/usr/bin/editor", "my own");
    expect(base, ours, theirs, wanted);
}

} // namespace
} // namespace slipway::tree
