#include "sandbox/kept_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "sandbox/testing.h"

namespace slipway::sandbox {
namespace {

using testing::ElementsAre;

/// A layer, made by hand, over a small tree.
class LeftOutOfALayer : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text = "text") const {
        const auto file = upper_.path().native() + path;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path());
        replace_file(file, as_bytes(text));
    }

    bool has(const std::string& path) const {
        return std::filesystem::exists(upper_.path().native() + path);
    }

    std::vector<std::string> leave_out(const std::vector<std::string>& mount_points = {}) {
        std::vector<std::string> what;
        const Layer layer{upper_.path(), objects_, tree_};
        for (const auto& left : sandbox::leave_out(layer, kept_out(), mount_points)) {
            what.push_back(
                std::string(left.what) + " " + std::to_string(left.files) + " " +
                std::to_string(left.bytes) + " " + left.first
            );
        }
        return what;
    }

    std::int64_t time_of(const std::string& path) const {
        struct stat status {};

        EXPECT_EQ(stat((upper_.path().native() + path).c_str(), &status), 0);
        return status.st_mtime;
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
    Digest tree_ =
        put_tree(objects_, {{"/etc/motd", "m"}, {"/var/log/dpkg.log", "l"}, {"/usr/sbin/x", "x"}});
    TemporaryDirectory upper_;
};

TEST_F(LeftOutOfALayer, WhatIsDownloadedAndLoggedGoesAndItsDirectoriesStay) {
    put("/var/cache/apt/archives/nano.deb", "12345");
    put("/var/log/dpkg.log");
    put("/var/log/app/today");
    put("/etc/motd");
    EXPECT_THAT(
        leave_out(),
        ElementsAre(
            "downloaded packages 1 5 /var/cache/apt/archives/nano.deb",
            "logs 2 8 /var/log/app/today"
        )
    );
    EXPECT_TRUE(has("/etc/motd"));
    EXPECT_TRUE(has("/var/log/app"));
    EXPECT_FALSE(has("/var/log/dpkg.log"));
    EXPECT_TRUE(has("/var/cache/apt/archives"));
}

TEST_F(LeftOutOfALayer, ADirectoryInWhichNothingElseHappenedHasItsTimeBack) {
    put("/var/log/dpkg.log");
    leave_out();
    EXPECT_EQ(time_of("/var/log"), 1000); // as in the tree
    put("/var/log/dpkg.log");
    std::filesystem::create_directory(upper_.path() / "var/log/new");
    leave_out();
    EXPECT_NE(time_of("/var/log"), 1000);
}

TEST_F(LeftOutOfALayer, MountPointsThatTheTreeLacksGo) {
    put("/usr/sbin/policy-rc.d", "");
    put("/etc/motd", "");
    std::filesystem::create_directory(upper_.path() / "proc");
    put("/dev/made-by-hand");
    EXPECT_THAT(leave_out({"/usr/sbin/policy-rc.d", "/etc/motd", "/proc", "/dev"}), ElementsAre());
    EXPECT_FALSE(has("/usr/sbin/policy-rc.d"));
    EXPECT_FALSE(has("/proc"));
    EXPECT_TRUE(has("/etc/motd"));         // the tree has it: what lies here is a change of it
    EXPECT_TRUE(has("/dev/made-by-hand")); // not empty: somebody put something there
    EXPECT_EQ(time_of("/usr/sbin"), 1000);
}

TEST_F(LeftOutOfALayer, ALinkIsNotFollowed) {
    const TemporaryDirectory outside;
    replace_file(outside.path() / "kept", as_bytes("x"));
    std::filesystem::create_directories(upper_.path() / "var");
    std::filesystem::create_directory_symlink(outside.path(), upper_.path() / "var/tmp");
    EXPECT_THAT(leave_out(), ElementsAre());
    EXPECT_TRUE(std::filesystem::exists(outside.path() / "kept"));
}

} // namespace
} // namespace slipway::sandbox
