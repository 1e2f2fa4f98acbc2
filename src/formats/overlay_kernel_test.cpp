// Upper directories as the kernel writes them.
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/reporter.h"
#include "formats/memory_store_test.h"
#include "formats/overlay.h"
#include "formats/scan.h"
#include "formats/test_tree_test.h"
#include "tree/diff.h"
#include "tree/merge/staged_objects.h"

namespace slipway::formats {
namespace {

/// A lower directory, and what a script makes of it through an overlay mount.
class KernelOverlay : public testing::Test {
protected:
    void SetUp() override { SKIP_UNLESS_ROOT(); }

    void TearDown() override { umount2(merged().c_str(), MNT_DETACH); }

    std::filesystem::path merged() const { return place_ / "merged"; }

    Digest scan_at(const std::filesystem::path& directory) {
        StatCache cache;
        return scan(directory, {}, store_, cache, silent_reporter()).tree;
    }

    /// The merged mount is what is asked for, and nothing else of this program is used for it.
    void expect_the_merged_tree(
        const std::string& before,
        const std::string& changes,
        const std::string& features = "redirect_dir=off,metacopy=off"
    ) {
        for (const auto* name : {"lower", "upper", "work", "merged"}) {
            std::filesystem::create_directory(place_ / name);
        }
        run_script(place_ / "lower", before);
        const auto options = fmt::format(
            "lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work,{1},index=off",
            place_.path().native(),
            features
        );
        ASSERT_EQ(mount("test", merged().c_str(), "overlay", 0, options.c_str()), 0);
        run_script(merged(), changes);
        const auto lower = scan_at(place_ / "lower");
        const auto expected = scan_at(merged());
        ASSERT_EQ(umount(merged().c_str()), 0);
        const auto upper = scan_at(place_ / "upper");
        tree::StagedObjects staged(store_);
        const auto result = apply_overlay({staged, lower, upper}, staged);
        EXPECT_EQ(result.tree, expected) << differences(staged, expected, result.tree);
        EXPECT_NE(lower, expected);
    }

    static std::string
    differences(const Contents& contents, const Digest& expected, const Digest& got) {
        std::string text;
        tree::Comparison trees;
        trees.before = expected;
        trees.after = got;
        tree::diff(contents, trees, [&](const tree::Change& change) {
            text += change.added() ? "+ " : change.removed() ? "- " : "M ";
            for (const auto part : tree::all_parts) {
                text += change.parts.has(part) ? fmt::format("{} ", tree::part_name(part)) : "";
            }
            text += change.path + "\n";
        });
        return text;
    }

    TestDirectory place_;
    MemoryStore store_;
};

constexpr const char* some_files = R"(
    mkdir -p a/b/c d/e/f gone/x
    echo one > a/one; echo two > a/b/two; echo three > a/b/c/three; echo four > d/four
    echo five > d/e/five; ln a/one d/linked; ln a/one d/e/also; ln -s one a/symlink
    setfattr -n user.mine -v 1 a/b/two; setcap cap_net_raw+ep d/four; chown 12:34 d/e
    mkfifo d/fifo; mknod d/null c 1 3; setfacl -m u:5:r a/one; touch gone/x/y
)";

TEST_F(KernelOverlay, AddsChangesAndRemoves) {
    expect_the_merged_tree(some_files, R"(
        echo new > a/new; echo more >> a/b/two; rm d/e/five d/fifo; rm -r gone; mkdir -p n/e/w
        echo x > n/e/w/x; chmod 700 a/b/c; touch -d @5 d/four; ln -sf two a/symlink; mknod a/zero c 1 5
    )");
}

TEST_F(KernelOverlay, DirectoriesAreReplacedAndMoved) {
    expect_the_merged_tree(some_files, R"(
        rm -r a/b; mkdir a/b; echo other > a/b/other; mv d/e d/moved; rm -r gone; echo file > gone
        rm a/symlink; mkdir a/symlink; echo deep > a/symlink/deep; mv a/b/other a/b/renamed
    )");
}

TEST_F(KernelOverlay, HardLinksPartAndJoin) {
    expect_the_merged_tree(some_files, R"(
        echo changed >> d/linked; ln a/b/two a/b/two-too; ln a/b/two d/three; rm d/e/also
        echo alone > solo; ln solo d/solo
    )");
}

TEST_F(KernelOverlay, LinkGroupsLoseTheirFirstName) {
    expect_the_merged_tree(some_files, "rm a/one; mv d/linked zzz; ln zzz a/b/linked");
}

TEST_F(KernelOverlay, AttributesOfEveryKindAreKept) {
    expect_the_merged_tree(some_files, R"(
        setfattr -x user.mine a/b/two; setfattr -n user.new -v 2 d; setcap cap_chown+ep d/four
        setfacl -m u:7:rw a/one; setfacl -d -m g:8:rx a/b; chown -h 9:9 a/symlink; chmod 4755 d/four
    )");
}

TEST_F(KernelOverlay, EverythingGoes) {
    expect_the_merged_tree(some_files, "rm -r *; mkdir a; echo again > a/one");
}

constexpr const char* all_features = "redirect_dir=on,metacopy=on";

TEST_F(KernelOverlay, DirectoriesAreRenamedWithoutACopy) {
    expect_the_merged_tree(
        some_files,
        R"(
        mv a/b d/moved; echo new > d/moved/new; rm d/moved/c/three; mv d/moved/c top; mkdir a/b
        echo instead > a/b/two; mv d/e d/e2; chmod 700 d/e2; mv gone a/b/gone; touch a/b/gone/x/z
    )",
        all_features
    );
    // That was the case: the kernel wrote redirects.
    run_script(place_.path(), "getfattr -h -n trusted.overlay.redirect upper/d/moved");
}

TEST_F(KernelOverlay, AttributesChangeWithoutACopy) {
    expect_the_merged_tree(
        some_files,
        R"(
        chmod 600 a/b/two; chown 5:6 d/four; setfattr -n user.x -v 1 d/e/five; touch -d @9 a/b/c/three
        chmod 640 a/b/c/three; mv a/b/c/three d/three; mv d moved
    )",
        all_features
    );
}

/// Sixty random operations; those that cannot be done are not.
std::string random_script(int seed) {
    return fmt::format(
        R"(set +e; exec 2>/dev/null; RANDOM={}
        name() {{ n=(a b c d a/b a/c a/b/c b/a b/d c/d c/d/a d/e); p=${{n[RANDOM % ${{#n[@]}}]}}; }}
        for i in {{1..60}}; do
            name; q=$p; name
            case $((RANDOM % 12)) in
            0 | 1) mkdir -p "$p" ;;
            2 | 3) echo $RANDOM > "$p" ;;
            4) rm -rf "$p" ;;
            5) mv "$q" "$p" ;;
            6) ln "$q" "$p" ;;
            7) ln -s "$q" "$p" ;;
            8) chmod $((600 + RANDOM % 2)) "$p" ;;
            9) touch -h -d @$((RANDOM % 4)) "$p" ;;
            10) setfattr -n user.a -v $((RANDOM % 2)) "$p" ;;
            11) echo more >> "$p" ;;
            esac
        done; : > seed{})",
        seed,
        seed
    );
}

class RandomKernelOverlay : public KernelOverlay, public testing::WithParamInterface<int> {};

TEST_P(RandomKernelOverlay, GivesTheMergedTree) {
    expect_the_merged_tree(random_script(2 * GetParam()), random_script(2 * GetParam() + 1));
}

TEST_P(RandomKernelOverlay, GivesTheMergedTreeWithAllFeatures) {
    expect_the_merged_tree(
        random_script(2 * GetParam()), random_script(2 * GetParam() + 1), all_features
    );
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomKernelOverlay, testing::Range(1, 21));

} // namespace
} // namespace slipway::formats
