// The image as others see it: the kernel, fsck.erofs and dump.erofs.
//
// These tests need what they compare with; where a program, the kernel's EROFS or the right to
// mount is missing, they say so and skip.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "image/erofs.h"
#include "image/test_trees.h"

namespace slipway::image {
namespace {

using std::filesystem::path;

bool runs(const std::string& command) {
    return std::system(command.c_str()) == 0; // NOLINT(concurrency-mt-unsafe): one thread
}

void write_image(const Blob& image, const path& file) {
    std::ofstream out(file, std::ios::binary);
    Buffer bytes(1U << 20U);
    for (std::uint64_t offset = 0; offset < image.size(); offset += bytes.size()) {
        bytes.resize(std::min<std::uint64_t>(bytes.size(), image.size() - offset));
        image.read_at(offset, bytes);
        const auto text = as_text(bytes);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
    }
}

std::string why_not_mountable() {
    std::ifstream known("/proc/filesystems");
    const std::string text{std::istreambuf_iterator<char>(known), {}};
    if (geteuid() != 0) {
        return "only root may mount";
    }
    if (text.find("\terofs\n") == std::string::npos && !runs("modprobe -q erofs")) {
        return "this kernel has no EROFS";
    }
    return access("/dev/loop-control", F_OK) == 0 ? "" : "there are no loop devices";
}

/// An image file, mounted while it lives.
class Mounted {
public:
    Mounted(const path& image, path where) : where_(std::move(where)) {
        std::filesystem::create_directory(where_);
        is_mounted_ =
            runs(fmt::format("mount -t erofs -o loop,ro {} {}", image.native(), where_.native()));
    }

    ~Mounted() {
        if (is_mounted_) {
            umount2(where_.c_str(), MNT_DETACH);
        }
    }

    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;

    bool is_mounted() const { return is_mounted_; }

private:
    path where_;
    bool is_mounted_ = false;
};

/// Compares a tree with what lies at a path, by system calls alone.
class Comparison {
public:
    explicit Comparison(const Contents& contents) : contents_(contents) {}

    void directory(const Digest& id, const path& at) {
        const auto wanted = tree::load_directory(contents_, id);
        attributes(wanted.attributes, S_IFDIR, at);
        std::set<std::string> names;
        nlink_t subdirectories = 0;
        for (const auto& entry : wanted.entries) {
            names.insert(entry.name);
            subdirectories += std::holds_alternative<tree::Subdirectory>(entry.node) ? 1 : 0;
            compare(entry, at / entry.name);
        }
        EXPECT_EQ(names_in(at), names) << at;
        EXPECT_EQ(status(at).st_nlink, 2 + subdirectories) << at;
    }

    /// Call once all is compared.
    void hard_links() const {
        for (const auto& [link, count] : link_counts_) {
            EXPECT_EQ(count, link_inodes_.at(link).second);
        }
    }

private:
    static struct stat status(const path& at) {
        struct stat result = {};
        EXPECT_EQ(lstat(at.c_str(), &result), 0) << at;
        return result;
    }

    static std::set<std::string> names_in(const path& at) {
        std::set<std::string> names;
        auto* stream = opendir(at.c_str());
        while (const auto* found = readdir(stream)) { // NOLINT(concurrency-mt-unsafe)
            const std::string name = found->d_name;
            if (name != "." && name != "..") {
                EXPECT_TRUE(names.insert(name).second) << name;
            }
        }
        closedir(stream);
        return names;
    }

    static void attributes(const tree::Attributes& wanted, mode_t type, const path& at) {
        const auto found = status(at);
        EXPECT_EQ(found.st_mode, type | wanted.mode) << at;
        EXPECT_EQ(found.st_uid, wanted.uid) << at;
        EXPECT_EQ(found.st_gid, wanted.gid) << at;
        EXPECT_EQ(found.st_mtim.tv_sec, wanted.mtime.seconds) << at;
        EXPECT_EQ(found.st_mtim.tv_nsec, wanted.mtime.nanoseconds) << at;
        EXPECT_EQ(xattrs_of(at), wanted.xattrs) << at;
    }

    static std::vector<tree::Xattr> xattrs_of(const path& at) {
        std::string names(65536, '\0');
        const auto length = llistxattr(at.c_str(), names.data(), names.size());
        EXPECT_GE(length, 0) << at;
        std::vector<tree::Xattr> xattrs;
        std::string value(65536, '\0');
        for (std::size_t begin = 0; begin < static_cast<std::size_t>(length);) {
            const std::string name = names.c_str() + begin;
            const auto size = lgetxattr(at.c_str(), name.c_str(), value.data(), value.size());
            EXPECT_GE(size, 0) << at << " " << name;
            xattrs.push_back({name, value.substr(0, static_cast<std::size_t>(size))});
            begin += name.size() + 1;
        }
        std::ranges::sort(xattrs, {}, &tree::Xattr::name);
        return xattrs;
    }

    void compare(const tree::Entry& wanted, const path& at) {
        if (const auto* subdirectory = std::get_if<tree::Subdirectory>(&wanted.node)) {
            directory(subdirectory->directory, at);
            return;
        }
        if (const auto* file = std::get_if<tree::File>(&wanted.node)) {
            attributes(wanted.attributes, S_IFREG, at);
            content(*file, at);
        } else if (const auto* symlink = std::get_if<tree::Symlink>(&wanted.node)) {
            attributes(wanted.attributes, S_IFLNK, at);
            EXPECT_EQ(std::filesystem::read_symlink(at), symlink->target);
        } else if (const auto* device = std::get_if<tree::Device>(&wanted.node)) {
            const bool is_block = device->kind == tree::DeviceKind::block;
            attributes(wanted.attributes, is_block ? S_IFBLK : S_IFCHR, at);
            EXPECT_EQ(status(at).st_rdev, makedev(device->major, device->minor)) << at;
        } else {
            const bool is_fifo = std::holds_alternative<tree::Fifo>(wanted.node);
            attributes(wanted.attributes, is_fifo ? S_IFIFO : S_IFSOCK, at);
        }
        inode(wanted, at);
    }

    void content(const tree::File& wanted, const path& at) const {
        EXPECT_EQ(status(at).st_size, wanted.size) << at;
        const auto found = read_file(at);
        EXPECT_TRUE(found == read_all(*tree::open_file(contents_, wanted), 1ULL << 30U)) << at;
    }

    void inode(const tree::Entry& wanted, const path& at) {
        const auto found = status(at);
        if (!wanted.link) {
            EXPECT_EQ(found.st_nlink, 1) << at;
            EXPECT_TRUE(inodes_.insert(found.st_ino).second) << at;
            return;
        }
        const auto [group, is_new] =
            link_inodes_.try_emplace(*wanted.link, found.st_ino, found.st_nlink);
        EXPECT_EQ(group->second.first, found.st_ino) << at;
        EXPECT_EQ(inodes_.insert(found.st_ino).second, is_new) << at;
        link_counts_[*wanted.link] += 1;
    }

    const Contents& contents_;
    std::set<ino_t> inodes_;
    std::map<tree::LinkId, std::pair<ino_t, nlink_t>> link_inodes_;
    std::map<tree::LinkId, nlink_t> link_counts_;
};

/// Checks the image of `tree` with the programs and the kernel of this machine.
void check_image(const MemoryObjects& objects, const Digest& tree) {
    const TemporaryDirectory scratch;
    const auto file = scratch.path() / "image";
    write_image(VirtualImage(make_layout(objects, tree), objects), file);
    if (runs("command -v fsck.erofs >/dev/null")) {
        EXPECT_TRUE(runs(fmt::format("fsck.erofs -d0 {} >&2", file.native())));
        EXPECT_TRUE(runs(fmt::format("dump.erofs -s {} >/dev/null", file.native())));
    }
    if (const auto reason = why_not_mountable(); !reason.empty()) {
        GTEST_SKIP() << reason;
    }
    const Mounted mounted(file, scratch.path() / "mounted");
    ASSERT_TRUE(mounted.is_mounted());
    Comparison comparison(objects);
    comparison.directory(tree, scratch.path() / "mounted");
    comparison.hard_links();
}

TEST(KernelMount, ShowsEverythingTheTreeHolds) {
    MemoryObjects objects;
    check_image(objects, add_tree_of_everything(objects));
}

TEST(KernelMount, ShowsAHundredThousandEntriesAndThreeHundredLevels) {
    MemoryObjects objects;
    check_image(objects, add_wide_and_deep(objects, 100'000, 300));
}

TEST(KernelMount, ShowsRandomTrees) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        MemoryObjects objects;
        std::minstd_rand random(seed);
        random.discard(100);
        check_image(objects, add_random_tree(objects, random, 2));
    }
}

TEST(KernelMount, ShowsAnEmptyTree) {
    MemoryObjects objects;
    check_image(objects, objects.add(tree::Directory{.attributes = {.mode = 0755}, .entries = {}}));
}

TEST(KernelMount, ShowsARootThatFillsItsFirstBlock) {
    MemoryObjects objects;
    for (int names = 200; names < 260; names += 3) {
        tree::Directory root{.attributes = {.mode = 0755}, .entries = {}};
        root.attributes.xattrs = {{"user.x", std::string(static_cast<std::size_t>(names), 'x')}};
        for (int i = 0; i < names; ++i) {
            root.entries.push_back(entry("n" + std::to_string(i), tree::Fifo{}));
        }
        check_image(objects, objects.add(root));
    }
}

} // namespace
} // namespace slipway::image
