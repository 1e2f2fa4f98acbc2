#include "base/file.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/interrupt.h"

namespace slipway {

namespace {

Fault fault_of(int code) {
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return Fault::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return Fault::refused;
    case EINVAL:
    case ENAMETOOLONG:
    case EEXIST:
    case EISDIR:
    case ENOTEMPTY:
        return Fault::usage;
    default:
        return Fault::unavailable;
    }
}

/// Calls `transfer(done)` until it has moved `size` bytes or returns 0.
template <typename Transfer>
std::size_t move_bytes(std::size_t size, std::string_view action, Transfer transfer) {
    std::size_t done = 0;
    while (done < size) {
        const auto count = transfer(done);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0) {
            break;
        } else if (errno != EINTR) {
            throw_errno(action);
        } else {
            check_interrupt();
        }
    }
    return done;
}

} // namespace

Error system_error(int code, std::string_view action) {
    Error error(
        fault_of(code), fmt::format("{}: {}", action, std::generic_category().message(code))
    );
    if (code == ENOSPC || code == EDQUOT) {
        return std::move(error).hint("free some space and run the same command again");
    }
    if (code == EACCES || code == EPERM) {
        return std::move(error).hint("run it as the owner of the file, or as root");
    }
    return error;
}

void throw_errno(std::string_view action) {
    throw system_error(errno, action);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (is_open()) {
        close(number_);
    }
}

FileDescriptor open_file(const std::filesystem::path& path, int flags, mode_t mode) {
    FileDescriptor file(open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!file.is_open()) {
        throw_errno(fmt::format("cannot open {}", path.native()));
    }
    return file;
}

std::size_t read_some(int descriptor, Bytes buffer, std::string_view name) {
    return move_bytes(buffer.size(), fmt::format("cannot read {}", name), [&](std::size_t done) {
        return read(descriptor, buffer.data() + done, buffer.size() - done);
    });
}

std::size_t pread_some(int descriptor, std::uint64_t offset, Bytes buffer, std::string_view name) {
    return move_bytes(buffer.size(), fmt::format("cannot read {}", name), [&](std::size_t done) {
        return pread(
            descriptor,
            buffer.data() + done,
            buffer.size() - done,
            static_cast<off_t>(offset + done)
        );
    });
}

void write_all(int descriptor, ConstBytes data, std::string_view name) {
    move_bytes(data.size(), fmt::format("cannot write {}", name), [&](std::size_t done) {
        return write(descriptor, data.data() + done, data.size() - done);
    });
}

void pwrite_all(int descriptor, std::uint64_t offset, ConstBytes data, std::string_view name) {
    move_bytes(data.size(), fmt::format("cannot write {}", name), [&](std::size_t done) {
        return pwrite(
            descriptor, data.data() + done, data.size() - done, static_cast<off_t>(offset + done)
        );
    });
}

void sync_file(int descriptor, std::string_view name) {
    if (fsync(descriptor) != 0) {
        throw_errno(fmt::format("cannot sync {}", name));
    }
}

void sync_directory(const std::filesystem::path& path) {
    const auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    sync_file(directory.get(), path.native());
}

Buffer read_file(const std::filesystem::path& path, std::uint64_t limit) {
    const auto file = open_file(path, O_RDONLY);
    Buffer bytes;
    constexpr std::size_t step = 64U << 10U;
    for (;;) {
        const auto old_size = bytes.size();
        bytes.resize(old_size + step);
        const auto count = read_some(file.get(), Bytes(bytes).subspan(old_size), path.native());
        bytes.resize(old_size + count);
        if (bytes.size() > limit) {
            throw Error(
                Fault::corrupt,
                fmt::format("{} is larger than its limit of {} bytes", path.native(), limit)
            );
        }
        if (count < step) {
            return bytes;
        }
    }
}

FileBlob::FileBlob(const std::filesystem::path& path)
    : FileBlob(open_file(path, O_RDONLY), path.native()) {}

FileBlob::FileBlob(FileDescriptor file, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {
    struct stat status = {};
    if (fstat(file_.get(), &status) != 0) {
        throw_errno(fmt::format("cannot stat {}", name_));
    }
    const auto size = S_ISBLK(status.st_mode) ? lseek(file_.get(), 0, SEEK_END) : status.st_size;
    if (size < 0) {
        throw_errno(fmt::format("cannot tell the size of {}", name_));
    }
    size_ = static_cast<std::uint64_t>(size);
}

void FileBlob::read_at(std::uint64_t offset, Bytes buffer) const {
    check_range(offset, buffer.size(), size_);
    if (pread_some(file_.get(), offset, buffer, name_) != buffer.size()) {
        throw Error(Fault::corrupt, fmt::format("{} has become shorter", name_));
    }
}

std::size_t DescriptorSource::read(Bytes buffer) {
    return read_some(descriptor_, buffer, name_);
}

FileReplacement::FileReplacement(std::filesystem::path path, mode_t mode) : path_(std::move(path)) {
    auto pattern = (path_.parent_path() / fmt::format("{}XXXXXX", temporary_prefix)).native();
    file_ = FileDescriptor(mkostemp(pattern.data(), O_CLOEXEC));
    if (!file_.is_open()) {
        throw_errno(fmt::format("cannot create a file beside {}", path_.native()));
    }
    written_ = pattern;
    fchmod(file_.get(), mode);
    flock(file_.get(), LOCK_EX | LOCK_NB);
}

FileReplacement::~FileReplacement() {
    if (!written_.empty()) {
        unlink(written_.c_str());
    }
}

void FileReplacement::write(ConstBytes data) {
    write_all(file_.get(), data, path_.native());
}

void FileReplacement::finish_as(const std::filesystem::path& path) {
    failpoint("replace.before-sync");
    sync_file(file_.get(), path.native());
    failpoint("replace.before-rename");
    if (rename(written_.c_str(), path.c_str()) != 0) {
        throw_errno(fmt::format("cannot rename {} to {}", written_.native(), path.native()));
    }
    written_.clear();
    failpoint("replace.before-directory-sync");
    sync_directory(path.parent_path().empty() ? "." : path.parent_path());
    failpoint("replace.done");
}

void replace_file(const std::filesystem::path& path, ConstBytes data) {
    FileReplacement file(path);
    file.write(data);
    file.finish();
}

namespace {

/// Whether a file is old enough that its writer, were it alive, had locked it; and nobody has.
bool is_abandoned(const FileDescriptor& file) {
    struct stat status = {};
    return fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_mtime < time(nullptr) - youngest_abandoned_seconds &&
           flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

} // namespace

std::size_t remove_abandoned(const std::filesystem::path& directory) {
    std::size_t removed = 0;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
        const auto& path = entry.path();
        if (!path.filename().native().starts_with(temporary_prefix)) {
            continue;
        }
        const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        );
        if (file.is_open() && is_abandoned(file) && unlink(path.c_str()) == 0) {
            ++removed;
        }
    }
    return removed;
}

TemporaryDirectory::TemporaryDirectory(const std::filesystem::path& parent) {
    const auto& base = parent.empty() ? std::filesystem::temp_directory_path() : parent;
    auto pattern = (base / "slipway-XXXXXX").native();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw_errno(fmt::format("cannot create a directory in {}", base.native()));
    }
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace slipway
