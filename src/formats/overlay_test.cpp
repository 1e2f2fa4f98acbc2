#include "formats/overlay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/memory_contents.h"
#include "tree/merge/staged_objects.h"
#include "tree/walk.h"

namespace slipway::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tree::Entry;
using tree::File;

/// Trees by hand: what a scan would have found.
class OverlayApplication : public testing::Test {
protected:
    File text(const std::string& text) {
        return {text.size(), memory_.put(to_buffer(as_bytes(text)))};
    }

    static Entry entry(const std::string& name, tree::Node node, std::int64_t time = 1) {
        return {name, std::move(node), {0644, 0, 0, {time, 0}, {}}, {}};
    }

    static Entry whiteout(const std::string& name) { return entry(name, tree::Device{}); }

    Entry directory(
        const std::string& name, std::vector<Entry> entries, std::vector<tree::Xattr> xattrs = {}
    ) {
        return {name, tree::Subdirectory{put(std::move(entries), std::move(xattrs))}, {}, {}};
    }

    Digest put(std::vector<Entry> entries, std::vector<tree::Xattr> xattrs = {}) {
        return memory_.put(tree::encode(tree::Directory{
            {0755, 0, 0, {1, 0}, std::move(xattrs)}, std::move(entries)}));
    }

    Overlaid apply(const Digest& lower, const Digest& upper, const OverlayOptions& options = {}) {
        return apply_overlay({staged_, lower, upper}, staged_, options);
    }

    Entry at(const Digest& tree, const std::string& path) {
        return tree::find(staged_, tree, path).entry.value();
    }

    tree::MemoryContents memory_;
    tree::StagedObjects staged_{memory_};
};

const tree::Xattr opaque{"trusted.overlay.opaque", "y"};

/// Takes what is in `paths`.
OverlayOptions only(std::vector<std::string> paths) {
    return {
        .takes = [paths = std::move(paths)](std::string_view path
                 ) { return std::ranges::find(paths, path) != paths.end(); },
        .time_of_new = tree::Time{77, 0}};
}

TEST_F(OverlayApplication, AnEmptyLayerChangesNothing) {
    const auto lower = put({entry("a", text("a")), directory("d", {entry("b", text("b"))})});
    const auto result = apply(lower, put({}));
    EXPECT_EQ(result.tree, lower);
    EXPECT_THAT(result.taken, IsEmpty());
}

TEST_F(OverlayApplication, AddsReplacesAndRemoves) {
    const auto lower =
        put({entry("a", text("a")), entry("b", text("b")), directory("d", {entry("x", text("x"))})}
        );
    const auto result = apply(
        lower,
        put(
            {whiteout("a"),
             entry("b", text("new")),
             directory("d", {entry("y", text("y"))}),
             directory("e", {entry("z", text("z"))})}
        )
    );
    EXPECT_EQ(
        result.tree,
        put(
            {entry("b", text("new")),
             directory("d", {entry("x", text("x")), entry("y", text("y"))}),
             directory("e", {entry("z", text("z"))})}
        )
    );
    EXPECT_THAT(result.taken, ElementsAre("/a", "/b", "/d/y", "/e", "/e/z"));
    EXPECT_EQ(result.files, (std::vector{text("new"), text("y"), text("z")}));
}

TEST_F(OverlayApplication, AnOpaqueDirectoryHidesWhatWasThere) {
    const auto lower = put({directory("d", {entry("x", text("x")), directory("y", {})})});
    const auto upper = put({directory("d", {entry("z", text("z"))}, {opaque})});
    EXPECT_EQ(apply(lower, upper).tree, put({directory("d", {entry("z", text("z"))})}));
}

TEST_F(OverlayApplication, AnOpaqueDirectoryHidesWhatWasThereAtAnyDepth) {
    const auto below = directory("e", {entry("x", text("x"))});
    const auto above = directory("e", {entry("z", text("z"))});
    EXPECT_EQ(
        apply(put({directory("d", {below})}), put({directory("d", {above}, {opaque})})).tree,
        put({directory("d", {above})})
    );
}

TEST_F(OverlayApplication, AWhiteoutCanBeAnEmptyFileWithAnAttribute) {
    auto gone = entry("a", File{});
    gone.attributes.xattrs = {{"trusted.overlay.whiteout", ""}};
    const auto lower = put({entry("a", text("a")), entry("b", text("b"))});
    EXPECT_EQ(apply(lower, put({gone})).tree, put({entry("b", text("b"))}));
}

TEST_F(OverlayApplication, ADirectoryAndAFileTakeEachOthersPlace) {
    const auto lower = put({entry("a", text("a")), directory("d", {entry("x", text("x"))})});
    const auto upper =
        put({directory("a", {entry("y", text("y"))}, {opaque}), entry("d", text("d"))});
    EXPECT_EQ(
        apply(lower, upper).tree,
        put({directory("a", {entry("y", text("y"))}), entry("d", text("d"))})
    );
}

TEST_F(OverlayApplication, ItsOwnAttributesAreDroppedAndEscapedOnesComeBack) {
    auto file = entry("a", text("a"));
    file.attributes.xattrs = {
        {"trusted.overlay.origin", "x"},
        {"trusted.overlay.overlay.opaque", "y"},
        {"user.mine", "1"}};
    auto plain = entry("a", text("a"));
    plain.attributes.xattrs = {{"trusted.overlay.opaque", "y"}, {"user.mine", "1"}};
    EXPECT_EQ(apply(put({}), put({file}, {{"trusted.overlay.impure", "y"}})).tree, put({plain}));
}

TEST_F(OverlayApplication, ARenamedDirectoryBringsWhatTheLowerOneHad) {
    const auto lower = put(
        {directory("a", {directory("b", {entry("x", text("x")), entry("y", text("y"))})}),
         directory("c", {entry("z", text("z"))})}
    );
    const std::vector<tree::Xattr> absolute{{"trusted.overlay.redirect", "/a/b"}};
    const std::vector<tree::Xattr> beside{{"trusted.overlay.redirect", "c"}};
    const auto upper = put(
        {directory("a", {whiteout("b")}),
         whiteout("c"),
         directory("d", {entry("n", text("n")), whiteout("y")}, absolute),
         directory("e", {}, beside)}
    );
    const auto expected = put(
        {directory("a", {}),
         directory("d", {entry("n", text("n")), entry("x", text("x"))}),
         directory("e", {entry("z", text("z"))})}
    );
    EXPECT_EQ(apply(lower, upper).tree, expected);
}

TEST_F(OverlayApplication, AFileOfWhichAttributesChangedKeepsItsContent) {
    const auto lower = put({entry("a", text("four")), entry("b", text("five."))});
    auto changed = entry("a", text("zero"), 7);
    changed.attributes.xattrs = {{"trusted.overlay.metacopy", ""}};
    auto moved = entry("m", text("zero."), 8);
    moved.attributes.xattrs = {
        {"trusted.overlay.metacopy", ""}, {"trusted.overlay.redirect", "/b"}};
    const auto result = apply(lower, put({changed, whiteout("b"), moved}));
    EXPECT_EQ(result.tree, put({entry("a", text("four"), 7), entry("m", text("five."), 8)}));
}

TEST_F(OverlayApplication, RefusesWhatPointsAtNothing) {
    const auto lower = put({entry("a", text("a")), directory("d", {})});
    const auto refused = [&](const Entry& entry) {
        try {
            apply(lower, put({entry}));
            return std::string("it was applied");
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::corrupt);
            return std::string(error.what());
        }
    };
    for (const auto* target : {"/x", "/a", "x", "d/../d", "", "/d/.."}) {
        EXPECT_THAT(
            refused(directory("n", {}, {{"trusted.overlay.redirect", target}})), HasSubstr("/n")
        ) << target;
    }
    auto file = entry("b", text("b"));
    file.attributes.xattrs = {{"trusted.overlay.metacopy", ""}};
    EXPECT_THAT(refused(file), HasSubstr("/b"));
    file = entry("a", text("longer"));
    file.attributes.xattrs = {{"trusted.overlay.metacopy", ""}};
    EXPECT_THAT(refused(file), HasSubstr("no such file"));
}

TEST_F(OverlayApplication, TakesOnlyWhatIsAskedFor) {
    const auto lower = put(
        {entry("a", text("a"), 5),
         entry("b", text("b"), 6),
         directory("d", {entry("x", text("x"))})}
    );
    const auto upper = put(
        {entry("a", text("A"), 9),
         entry("b", text("B"), 9),
         directory("d", {whiteout("x"), entry("y", text("y"), 9)}),
         directory("e", {entry("z", text("z"), 9)}),
         directory("f", {entry("junk", text("junk"))})}
    );
    const auto result = apply(lower, upper, only({"/a", "/d/y", "/e/z"}));
    EXPECT_THAT(result.taken, ElementsAre("/a", "/d/y", "/e/z"));
    EXPECT_THAT(result.dropped, ElementsAre("/b", "/d/x", "/f", "/f/junk"));
    EXPECT_EQ(at(result.tree, "/a"), entry("a", text("A"), 5));
    EXPECT_EQ(at(result.tree, "/b"), entry("b", text("b"), 6));
    EXPECT_EQ(at(result.tree, "/d/x"), entry("x", text("x")));
    EXPECT_EQ(at(result.tree, "/d/y"), entry("y", text("y"), 77));
    EXPECT_EQ(at(result.tree, "/e/z"), entry("z", text("z"), 77));
    EXPECT_FALSE(tree::look_up(staged_, result.tree, "/f"));
}

TEST_F(OverlayApplication, NamesOfOneInodeGetOneTime) {
    auto new_name = entry("a", text("A"), 9);
    auto old_name = entry("b", text("A"), 9);
    new_name.link = old_name.link = tree::LinkId::of_path("/a");
    const auto result =
        apply(put({entry("b", text("b"), 5)}), put({new_name, old_name}), only({"/a", "/b"}));
    EXPECT_EQ(at(result.tree, "/a").link, at(result.tree, "/b").link);
    EXPECT_EQ(at(result.tree, "/a").attributes, at(result.tree, "/b").attributes);
}

TEST_F(OverlayApplication, WhatWasWrittenAgainTheSameIsNoChange) {
    const auto lower = put({entry("a", text("a"), 5)});
    const auto result = apply(lower, put({entry("a", text("a"), 9)}), only({"/a"}));
    EXPECT_EQ(result.tree, lower);
    EXPECT_THAT(result.taken, IsEmpty());
}

TEST_F(OverlayApplication, NamesThatLoseTheirOthersAreAlone) {
    auto a = entry("a", text("one"));
    auto b = entry("b", text("one"));
    a.link = b.link = tree::LinkId::of_path("/d/a");
    const auto lower =
        put({directory("d", {a}), directory("e", {b}), directory("f", {entry("y", text("y"))})});
    const auto result = apply(lower, put({directory("d", {whiteout("a")})}));
    EXPECT_EQ(
        result.tree,
        put(
            {directory("d", {}),
             directory("e", {entry("b", text("one"))}),
             directory("f", {entry("y", text("y"))})}
        )
    );
}

TEST_F(OverlayApplication, AGroupOfTheLayerIsNotOneOfTheTree) {
    auto a = entry("a", text("one"));
    auto b = entry("b", text("one"));
    auto c = entry("c", text("one"));
    a.link = b.link = c.link = tree::LinkId::of_path("/a");
    auto other = entry("a", text("two"));
    auto d = entry("d", text("two"));
    other.link = d.link = tree::LinkId::of_path("/a"); // the same id for another inode
    const auto result = apply(put({a, b, c}), put({other, d}));
    b.link = c.link = tree::LinkId::of_path("/b");
    EXPECT_EQ(result.tree, put({other, b, c, d}));
}

} // namespace
} // namespace slipway::formats
