#include "formats/checkout.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/memory_store_test.h"
#include "formats/scan.h"
#include "formats/test_tree_test.h"
#include "tree/codec.h"

namespace slipway::formats {
namespace {

using testing::ElementsAre;

Digest scan_tree(MemoryStore& store, const std::filesystem::path& source) {
    StatCache cache;
    return scan(source, {}, store, cache, silent_reporter()).tree;
}

CheckoutResult
checkout_to(const MemoryStore& store, const Digest& tree, const std::filesystem::path& target) {
    return checkout(store, tree, target, {}, silent_reporter());
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        names.push_back(entry.path().filename());
    }
    return names;
}

Digest add_tree(MemoryStore& store, std::vector<tree::Entry> entries) {
    return store.add_object(
        tree::Kind::directory,
        tree::encode(tree::Directory{{0755, 0, 0, {}, {}}, std::move(entries)})
    );
}

TEST(Checkout, GivesBackEveryKindOfMetadata) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_everything(source);
    MemoryStore store;
    const auto tree = scan_tree(store, source);
    const auto result = checkout_to(store, tree, directory / "target");
    EXPECT_EQ(describe(directory / "target"), describe(source));
    EXPECT_EQ(
        std::to_string(result.entries) + "\n", run_script(source, "find . -printf 'x\n' | wc -l")
    );
    EXPECT_EQ(scan_tree(store, directory / "target"), tree);
}

TEST(Checkout, HandsDownNoAclFromAbove) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(source, "mkdir dir; echo x > dir/file; chmod 640 dir/file");
    MemoryStore store;
    const auto tree = scan_tree(store, source);
    run_script(directory.make("above"), "setfacl -d -m u:1000:rwx .; chmod g+s .; chgrp 5 .");
    checkout_to(store, tree, directory / "above" / "target");
    EXPECT_EQ(describe(directory / "above" / "target"), describe(source));
}

TEST(Checkout, MakesHolesOfZeros) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    run_script(
        source,
        "truncate -s 20G huge; printf end >> huge; "
        "(head -c 8192 /dev/zero; echo x; head -c 65536 /dev/zero) > small"
    );
    MemoryStore store;
    checkout_to(store, scan_tree(store, source), directory / "target");
    const auto sizes = run_script(directory / "target", "stat -c '%s %b' huge small");
    EXPECT_EQ(sizes, "21474836483 8\n73730 8\n");
}

TEST(Checkout, ReplacesAnEmptyDirectoryOnly) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    MemoryStore store;
    const auto tree = add_tree(store, {});
    directory.make("empty");
    checkout_to(store, tree, (directory / "empty").native() + "/");
    run_script(directory.make("full"), "echo x > file");
    run_script(directory.path(), "touch file; mkdir other; ln -s other link");
    for (const auto* name : {"full", "file", "link"}) {
        try {
            checkout_to(store, tree, directory / name);
            FAIL() << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::usage) << name;
        }
    }
    EXPECT_THAT(names_in(directory / "full"), ElementsAre("file"));
}

TEST(Checkout, LeavesNothingBehindWhenItFails) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto place = directory.make("place");
    MemoryStore store;
    const tree::File missing{5, Digest{{1}}};
    const auto below = add_tree(store, {{"file", missing, {0644, 0, 0, {}, {}}, {}}});
    const auto tree = add_tree(store, {{"dir", tree::Subdirectory{below}, {}, {}}});
    try {
        checkout_to(store, tree, place / "target");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        EXPECT_THAT(error.report(), testing::HasSubstr("/target/dir/file"));
    }
    EXPECT_THAT(names_in(place), testing::IsEmpty());
}

TEST(Checkout, RefusesHardLinksThatDiffer) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    MemoryStore store;
    const auto link = tree::LinkId::of_path("/a");
    const auto tree = add_tree(
        store,
        {{"a", tree::Fifo{}, {0644, 0, 0, {}, {}}, link},
         {"b", tree::Fifo{}, {0600, 0, 0, {}, {}}, link}}
    );
    EXPECT_THROW(checkout_to(store, tree, directory / "target"), Error);
}

TEST(Checkout, GoesDeeperThanPathsCan) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_nested(source, std::string(100, 'd'), 300);
    MemoryStore store;
    const auto tree = scan_tree(store, source);
    checkout_to(store, tree, directory / "target");
    EXPECT_EQ(scan_tree(store, directory / "target"), tree);
}

TEST(Checkout, LeavesOwnersOutForOthersThanRoot) {
    SKIP_UNLESS_ROOT();
    const TestDirectory directory;
    const auto source = directory.make("source");
    make_everything(source);
    MemoryStore store;
    const auto tree = scan_tree(store, source);
    const auto place = directory.make("place");
    ASSERT_EQ(chmod(directory.path().c_str(), 0755) + chmod(place.c_str(), 0777), 0);
    const auto child = fork();
    if (child == 0) {
        const auto is_nobody = setgid(65534) == 0 && setuid(65534) == 0;
        bool refused = false;
        try {
            checkout_to(store, tree, place / "refused");
        } catch (const Error& error) {
            refused = error.fault() == Fault::refused;
        }
        const CheckoutOptions options{CheckoutOptions::Ownership::ignore};
        checkout(store, tree, place / "target", options, silent_reporter());
        _exit(is_nobody && refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(
        run_script(place / "target", "cat plain; find . -uid +0 ! -uid 65534 -o -type b"), "hello"
    );
    EXPECT_EQ(run_script(place / "target", "getfattr -d -m - xattrs | grep -c user."), "5\n");
}

} // namespace
} // namespace slipway::formats
