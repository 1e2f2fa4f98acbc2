#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/failpoint.h"

namespace slipway {
namespace {

using testing::HasSubstr;

std::string text_of(const std::filesystem::path& path) {
    return std::string(as_text(read_file(path)));
}

std::size_t files_in(const std::filesystem::path& path) {
    const std::filesystem::directory_iterator begin(path);
    return static_cast<std::size_t>(std::distance(begin, {}));
}

TEST(FileReplacement, ReplacesWhole) {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "f";
    replace_file(path, as_bytes("old"));
    FileReplacement file(path, 0600);
    file.write(as_bytes("ne"));
    file.write(as_bytes("w"));
    EXPECT_EQ(text_of(path), "old");
    file.finish();
    EXPECT_EQ(text_of(path), "new");
    EXPECT_EQ(files_in(directory.path()), 1U);
    struct stat status = {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(FileReplacement, LeavesNothingIfItIsNotFinished) {
    const TemporaryDirectory directory;
    FileReplacement(directory.path() / "f").write(as_bytes("x"));
    EXPECT_EQ(files_in(directory.path()), 0U);
}

TEST(FileReplacement, TakesItsNameAtTheEnd) {
    const TemporaryDirectory directory;
    FileReplacement file(directory.path() / "draft");
    file.write(as_bytes("x"));
    file.finish_as(directory.path() / "final");
    EXPECT_EQ(text_of(directory.path() / "final"), "x");
    EXPECT_EQ(files_in(directory.path()), 1U);
}

/// What is in a file of "old" after its replacement died at a failpoint.
std::string text_after_death_at(const char* point) {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "f";
    replace_file(path, as_bytes("old"));
    const auto die = [&] {
        arm_failpoint(point);
        replace_file(path, as_bytes("new"));
    };
    EXPECT_EXIT(die(), testing::ExitedWithCode(86), "");
    return text_of(path);
}

TEST(FileReplacement, IsOldOrNewAfterADeathAtAnyPoint) {
    EXPECT_EQ(text_after_death_at("replace.before-sync"), "old");
    EXPECT_EQ(text_after_death_at("replace.before-rename"), "old");
    EXPECT_EQ(text_after_death_at("replace.before-directory-sync"), "new");
    EXPECT_EQ(text_after_death_at("replace.done"), "new");
}

TEST(ReadFile, RefusesMoreThanItsLimit) {
    const TemporaryDirectory directory;
    replace_file(directory.path() / "f", Buffer(100000));
    EXPECT_EQ(read_file(directory.path() / "f", 100000).size(), 100000U);
    EXPECT_THROW(read_file(directory.path() / "f", 99999), Error);
}

TEST(OpenFile, SaysWhichFileAndWhy) {
    try {
        open_file("/nowhere/f", 0);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found);
        EXPECT_THAT(error.what(), HasSubstr("cannot open /nowhere/f: No such file"));
    }
}

TEST(FileBlob, ReadsRangesAndNothingPastTheEnd) {
    const TemporaryDirectory directory;
    replace_file(directory.path() / "f", as_bytes("0123456789"));
    const FileBlob blob(directory.path() / "f");
    Buffer part(4);
    blob.read_at(6, part);
    EXPECT_EQ(as_text(part), "6789");
    EXPECT_THROW(blob.read_at(7, part), Error);
    std::filesystem::resize_file(directory.path() / "f", 8);
    EXPECT_THROW(blob.read_at(6, part), Error);
}

TEST(TemporaryDirectory, GoesWithAllItHolds) {
    std::filesystem::path path;
    {
        const TemporaryDirectory directory;
        path = directory.path();
        replace_file(path / "f", {});
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SystemError, HelpsWithAFullDisk) {
    EXPECT_THAT(
        system_error(ENOSPC, "cannot write f").report(), HasSubstr("hint: free some space")
    );
    EXPECT_EQ(system_error(EACCES, "x").fault(), Fault::refused);
    EXPECT_EQ(system_error(EIO, "x").fault(), Fault::unavailable);
}

} // namespace
} // namespace slipway
