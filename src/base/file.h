// Files: owned descriptors, exact reads and writes, and files that replace others whole.
//
// Errors carry the path and the system's reason. Faults: not_found (ENOENT, ENOTDIR), refused
// (EACCES, EPERM, EROFS, ELOOP), unavailable (ENOSPC, EDQUOT, EIO and the rest).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/stream.h"

namespace slipway {

/// The Error for a system call that failed with `code` (an errno) while doing `action`.
Error system_error(int code, std::string_view action);

/// Throws system_error(errno, action).
[[noreturn]] void throw_errno(std::string_view action);

/// An open file descriptor, closed when it goes.
class FileDescriptor {
public:
    FileDescriptor() = default;

    explicit FileDescriptor(int number) noexcept : number_(number) {}

    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();

    int get() const noexcept { return number_; }

    bool is_open() const noexcept { return number_ >= 0; }

    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

/// Opens with O_CLOEXEC added to `flags`.
FileDescriptor open_file(const std::filesystem::path& path, int flags, mode_t mode = 0666);

/// Reads until `buffer` is full or the file ends; returns how much was read.
std::size_t read_some(int descriptor, Bytes buffer, std::string_view name);
std::size_t pread_some(int descriptor, std::uint64_t offset, Bytes buffer, std::string_view name);

void write_all(int descriptor, ConstBytes data, std::string_view name);
void pwrite_all(int descriptor, std::uint64_t offset, ConstBytes data, std::string_view name);

/// fsync, and the same for the directory at `path`.
void sync_file(int descriptor, std::string_view name);
void sync_directory(const std::filesystem::path& path);

/// The whole file; more than `limit` bytes are refused with Fault::corrupt.
Buffer read_file(const std::filesystem::path& path, std::uint64_t limit = 256ULL << 20U);

/// A regular file or a block device as a Blob. Any thread.
class FileBlob final : public Blob {
public:
    explicit FileBlob(const std::filesystem::path& path);
    FileBlob(FileDescriptor file, std::string name);

    std::uint64_t size() const override { return size_; }

    /// Throws Fault::corrupt if the file has become shorter.
    void read_at(std::uint64_t offset, Bytes buffer) const override;

    int descriptor() const { return file_.get(); }

private:
    FileDescriptor file_;
    std::string name_;
    std::uint64_t size_ = 0;
};

/// A Source over a descriptor it does not own (a pipe, standard input, a file).
class DescriptorSource final : public Source {
public:
    DescriptorSource(int descriptor, std::string name)
        : descriptor_(descriptor), name_(std::move(name)) {}

    std::size_t read(Bytes buffer) override;

private:
    int descriptor_;
    std::string name_;
};

/// A Sink over a descriptor it does not own; finish() does not sync.
class DescriptorSink final : public Sink {
public:
    DescriptorSink(int descriptor, std::string name)
        : descriptor_(descriptor), name_(std::move(name)) {}

    void write(ConstBytes data) override { write_all(descriptor_, data, name_); }

    void finish() override {}

private:
    int descriptor_;
    std::string name_;
};

/// What is written aside, beside its place, has a name that begins so.
constexpr std::string_view temporary_prefix = ".tmp-slipway-";

/// A name that nobody has locked is taken for that of a dead process after so long.
constexpr int youngest_abandoned_seconds = 10;

/// A new file that appears at its path whole and durable, or not at all.
///
/// It is written beside its path under a name that starts with `.tmp-slipway-`, then synced and
/// renamed, and the directory synced. Destroying an unfinished one removes what was written. It
/// holds a lock (flock) on what it writes, by which remove_abandoned() knows that its writer lives.
/// Failpoints: `replace.before-sync`, `.before-rename`, `.before-directory-sync`, `.done`.
class FileReplacement final : public Sink {
public:
    explicit FileReplacement(std::filesystem::path path, mode_t mode = 0644);
    ~FileReplacement() override;
    FileReplacement(const FileReplacement&) = delete;
    FileReplacement& operator=(const FileReplacement&) = delete;

    void write(ConstBytes data) override;

    void finish() override { finish_as(path_); }

    /// As finish(), under another name in the same directory.
    void finish_as(const std::filesystem::path& path);

    int descriptor() const { return file_.get(); }

private:
    std::filesystem::path path_;
    std::filesystem::path written_;
    FileDescriptor file_;
};

/// Writes `data` to `path` by a FileReplacement.
void replace_file(const std::filesystem::path& path, ConstBytes data);

/// Removes the files in `directory` that FileReplacements of dead processes have left: those that
/// start with `.tmp-slipway-`, were last written to over ten seconds ago and that no process has
/// locked.
/// Returns how many. What cannot be removed is left.
std::size_t remove_abandoned(const std::filesystem::path& directory);

/// A new, empty directory that is removed with all it holds when it goes.
class TemporaryDirectory {
public:
    /// In the system's directory for temporary files, or in `parent`.
    explicit TemporaryDirectory(const std::filesystem::path& parent = {});
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace slipway
