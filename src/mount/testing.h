// What the tests of mounting share: real images, and images that misbehave.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"
#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::mount {

/// Keeps what it is told.
class NotingReporter final : public Reporter {
public:
    void began(const Progress& /*progress*/) override {}

    void advanced(const Progress& /*progress*/) override {}

    void ended(const Progress& /*progress*/) override {}

    void notice(std::string_view text) override { notices_.lock()->emplace_back(text); }

    void detail(std::string_view text) override { details_.lock()->emplace_back(text); }

    std::vector<std::string> notices() { return *notices_.lock(); }

    std::vector<std::string> details() { return *details_.lock(); }

private:
    Guarded<std::vector<std::string>> notices_;
    Guarded<std::vector<std::string>> details_;
};

/// `size` bytes, none like its neighbours.
inline Buffer patterned(std::size_t size) {
    Buffer bytes(size);
    std::uint32_t state = 1;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    return bytes;
}

/// An image whose reads wait while its gate is shut, or throw.
class MoodyBlob final : public Blob {
public:
    explicit MoodyBlob(const Blob& inner) : inner_(inner) {}

    std::uint64_t size() const override { return inner_.size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        std::unique_lock held(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(held, [&] { return is_open_; });
        --waiting_;
        held.unlock();
        if (fails_) {
            throw Error(Fault::unavailable, "this image is in a bad mood");
        }
        inner_.read_at(offset, buffer);
    }

    void shut() { set_open(false); }

    void open() { set_open(true); }

    void fail(bool fails) { fails_ = fails; }

    /// Waits until `count` reads wait at the shut gate.
    void wait_for_readers(int count) const {
        std::unique_lock held(mutex_);
        changed_.wait(held, [&] { return waiting_ >= count; });
    }

private:
    void set_open(bool is_open) {
        const std::scoped_lock held(mutex_);
        is_open_ = is_open;
        changed_.notify_all();
    }

    const Blob& inner_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable int waiting_ = 0;
    bool is_open_ = true;
    std::atomic<bool> fails_ = false;
};

inline void write_text(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
    return std::string(as_text(read_file(path)));
}

/// A directory for a test, unmounted before it is removed.
class TestPlace {
public:
    TestPlace() = default;
    TestPlace(const TestPlace&) = delete;
    TestPlace& operator=(const TestPlace&) = delete;

    ~TestPlace() {
        for (const auto* name : {"mnt", "run/lower", "run/memory", "run/fuse"}) {
            umount2((path() / name).c_str(), MNT_DETACH);
        }
    }

    const std::filesystem::path& path() const { return directory_.path(); }

    /// An EROFS image of a small tree: hello, a deep file and `big`.
    std::filesystem::path make_image() const {
        write_text(path() / "tree/hello", "hello, image\n");
        write_text(path() / "tree/a/b/c", "deep\n");
        write_text(path() / "tree/big", as_text(patterned(3'000'001)));
        const auto image = path() / "image.erofs";
        const auto command = fmt::format(
            "mkfs.erofs {} {} >/dev/null 2>&1", image.native(), (path() / "tree").native()
        );
        if (std::system(command.c_str()) != 0) {
            throw Error(Fault::unavailable, "mkfs.erofs failed");
        }
        return image;
    }

    /// A directory to mount at.
    std::filesystem::path mount_point() const {
        std::filesystem::create_directories(path() / "mnt");
        return path() / "mnt";
    }

    std::filesystem::path runtime() const { return path() / "run"; }

private:
    TemporaryDirectory directory_;
};

/// Why real mounts cannot be tested here; empty if they can.
inline std::string no_mounts_because() {
    if (geteuid() != 0) {
        return "only root may mount";
    }
    const auto has_both = access("/dev/fuse", F_OK) == 0 && access("/dev/loop-control", F_OK) == 0;
    return has_both ? "" : "the kernel has no FUSE or no loop devices";
}

} // namespace slipway::mount
