#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/erofs.h"
#include "image/image.h"
#include "image/test_trees.h"

namespace slipway::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Digest root_of(MemoryObjects& objects, std::vector<tree::Entry> entries) {
    return objects.add(tree::Directory{.attributes = {.mode = 0755}, .entries = std::move(entries)}
    );
}

/// The fault and the text of what making the layout throws.
std::pair<Fault, std::string> refusal(const MemoryObjects& objects, const Digest& tree) {
    try {
        make_layout(objects, tree);
    } catch (const Error& error) {
        return {error.fault(), error.what()};
    }
    return {Fault::internal, "nothing was thrown"};
}

TEST(Layout, ReadsDirectoriesAndNothingElse) { // rule 1
    MemoryObjects objects;
    const auto long_file = objects.add_file(random_text(600'000, 1));
    const auto short_file = objects.add_file("short");
    objects.remove(long_file.content);
    objects.remove(short_file.content);
    const auto below = root_of(objects, {entry("short", short_file)});
    const auto root =
        root_of(objects, {entry("below", tree::Subdirectory{below}), entry("long", long_file)});
    make_layout(objects, root);
    EXPECT_EQ(objects.opened(), 2U);
}

TEST(Layout, GivesIdenticalContentItsBlocksOnce) { // rule 23
    MemoryObjects objects;
    const auto file = objects.add_file(random_text(10'000, 1));
    const auto root = root_of(
        objects,
        {entry("a", file), entry("b", file, {.mode = 0600}), entry("c", objects.add_file("c"))}
    );
    const auto layout = make_layout(objects, root);
    EXPECT_THAT(layout.files, ElementsAre(file, tree::File{1, sha256(as_bytes("c"))}));
    EXPECT_EQ(layout.map.size(), (1U + 3U + 1U) * erofs::block_bytes);
}

TEST(Layout, PutsFilesInTheOrderOfTheTree) { // rule 22
    MemoryObjects objects;
    const auto first = objects.add_file("1");
    const auto second = objects.add_file("2");
    const auto third = objects.add_file("3");
    const auto below = root_of(objects, {entry("x", second)});
    const auto further = root_of(objects, {entry("x", third)});
    const auto root = root_of(
        objects,
        {entry("a", tree::Subdirectory{below}),
         entry("b", tree::Subdirectory{further}),
         entry("z", first)}
    );
    EXPECT_THAT(make_layout(objects, root).files, ElementsAre(first, second, third));
}

TEST(Layout, IsTheSameEachTime) { // rule 2
    MemoryObjects objects;
    const auto root = add_tree_of_everything(objects);
    EXPECT_EQ(*make_layout(objects, root).metadata, *make_layout(objects, root).metadata);
}

TEST(Layout, DiffersWithTheTree) { // rule 2
    MemoryObjects objects;
    const auto one = root_of(objects, {entry("a", tree::Fifo{})});
    const auto other = root_of(objects, {entry("a", tree::Fifo{}, {.mode = 0600})});
    EXPECT_NE(*make_layout(objects, one).metadata, *make_layout(objects, other).metadata);
}

TEST(Layout, RefusesHardLinksThatDiffer) { // rule 12
    MemoryObjects objects;
    const auto file = objects.add_file("a");
    const auto first = linked(entry("one", file), "/bin/one");
    const std::vector<tree::Entry> others = {
        linked(entry("two", file, {.mode = 0600}), "/bin/one"),
        linked(entry("two", file, {.uid = 1}), "/bin/one"),
        linked(entry("two", file, {.mtime = {1, 0}}), "/bin/one"),
        linked(entry("two", file, {.xattrs = {{"user.a", "b"}}}), "/bin/one"),
        linked(entry("two", objects.add_file("b")), "/bin/one"),
        linked(entry("two", tree::Symlink{"a"}), "/bin/one"),
        linked(entry("two", tree::Fifo{}), "/bin/one"),
    };
    for (const auto& other : others) {
        const auto bin = root_of(objects, {first});
        const auto sbin = root_of(objects, {other});
        const auto root = root_of(
            objects,
            {entry("bin", tree::Subdirectory{bin}), entry("sbin", tree::Subdirectory{sbin})}
        );
        const auto [fault, text] = refusal(objects, root);
        EXPECT_EQ(fault, Fault::corrupt);
        EXPECT_THAT(text, HasSubstr("/bin/one and /sbin/two"));
    }
}

TEST(Layout, RefusesHardLinkedSymlinksThatDiffer) { // rule 12
    MemoryObjects objects;
    const auto root = root_of(
        objects,
        {linked(entry("a", tree::Symlink{"here"}), "/a"),
         linked(entry("b", tree::Symlink{"home"}), "/a")}
    );
    EXPECT_EQ(refusal(objects, root).first, Fault::corrupt);
}

TEST(Layout, RefusesAFileBeyondSixteenTebibytes) { // rule 25
    MemoryObjects objects;
    const auto fitting =
        root_of(objects, {entry("big", tree::File{(1ULL << 44U) - (1U << 20U), {}})});
    EXPECT_NO_THROW(make_layout(objects, fitting));

    const auto root = root_of(objects, {entry("big", tree::File{1ULL << 44U, {}})});
    const auto [fault, text] = refusal(objects, root);
    EXPECT_EQ(fault, Fault::usage);
    EXPECT_THAT(text, HasSubstr("/big"));
}

TEST(Layout, RefusesFilesThatTogetherAreTooMuch) { // rule 25
    MemoryObjects objects;
    std::vector<tree::Entry> entries;
    for (int i = 0; i < 17; ++i) {
        const auto name = std::to_string(i);
        entries.push_back(entry(name, tree::File{1ULL << 40U, sha256(as_bytes(name))}));
    }
    EXPECT_EQ(refusal(objects, root_of(objects, entries)).first, Fault::usage);
}

TEST(Layout, RefusesATreeThatIsTooDeep) { // rule 24
    MemoryObjects objects;
    auto below = root_of(objects, {});
    for (int i = 0; i < 4097; ++i) {
        below = root_of(objects, {entry("d", tree::Subdirectory{below})});
    }
    EXPECT_EQ(refusal(objects, below).first, Fault::corrupt);
}

TEST(Layout, NamesADirectoryThatIsMissing) {
    MemoryObjects objects;
    const auto root = root_of(objects, {entry("gone", tree::Subdirectory{sha256({})})});
    EXPECT_EQ(refusal(objects, root).first, Fault::not_found);
}

TEST(Layout, LeavesOutWhatOverlayfsWouldObey) { // rules 8 and 19
    MemoryObjects objects;
    using enum tree::DeviceKind;
    const auto root = root_of(
        objects,
        {entry("dir", tree::Fifo{}, {.xattrs = {{"trusted.overlay.opaque", "y"}}}),
         entry("dir2", tree::Fifo{}, {.xattrs = {{"trusted.overlay.opaque", "y"}}}),
         entry("gone", tree::Device{character, 0, 0})}
    );
    const auto plain = root_of(objects, {entry("dir", tree::Fifo{}), entry("dir2", tree::Fifo{})});
    const auto layout = make_layout(objects, root);
    EXPECT_THAT(
        layout.notices,
        ElementsAre(
            "/gone: the character device 0/0 is left out: overlayfs takes it for a removed file",
            "/dir and 1 more: the extended attribute trusted.overlay.opaque is left out: "
            "overlayfs would obey it in a lower layer"
        )
    );
    const auto beyond_superblock = [](const Layout& one) {
        return to_buffer(ConstBytes(*one.metadata).subspan(1152));
    };
    EXPECT_EQ(beyond_superblock(layout), beyond_superblock(make_layout(objects, plain)));
}

TEST(Layout, LeavesOutWhatErofsCannotHold) { // rules 8, 19 and 21
    MemoryObjects objects;
    std::vector<tree::Xattr> many;
    for (int i = 100; i < 900; ++i) {
        const auto number = std::to_string(i);
        many.push_back({"user." + number, number + std::string(900, 'x')});
    }
    const auto root = root_of(
        objects,
        {entry("device", tree::Device{tree::DeviceKind::block, 4096, 0}),
         entry("many", tree::Fifo{}, {.xattrs = many}),
         entry("prefix", tree::Fifo{}, {.xattrs = {{"system.other", ""}}}),
         entry("value", tree::Fifo{}, {.xattrs = {{"user.long", std::string(65'536, 'x')}}})}
    );
    const auto notices = make_layout(objects, root).notices;
    EXPECT_THAT(notices, testing::Contains(HasSubstr("/device: ")));
    EXPECT_THAT(notices, testing::Contains(HasSubstr("/prefix: ")));
    EXPECT_THAT(notices, testing::Contains(HasSubstr("/value: ")));
    EXPECT_THAT(notices, testing::Contains(HasSubstr("user.899 is left out: the file has more")));
}

TEST(Layout, HasNoNoticesForAnOrdinaryTree) {
    MemoryObjects objects;
    EXPECT_THAT(make_layout(objects, add_tree_of_everything(objects)).notices, IsEmpty());
}

} // namespace
} // namespace slipway::image
