#include "base/lock_file.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway {

namespace {

/// True if it got the lock.
bool try_lock(int file, int operation, const std::filesystem::path& path) {
    if (flock(file, operation | LOCK_NB) == 0) {
        return true;
    }
    if (errno != EWOULDBLOCK) {
        throw_errno(fmt::format("cannot lock {}", path.native()));
    }
    return false;
}

/// True if `path` still leads to the open file: its last owner may have removed it meanwhile.
bool is_at(int file, const std::filesystem::path& path) {
    struct stat opened = {};
    struct stat named = {};
    return fstat(file, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

} // namespace

std::optional<LockFile> LockFile::take(const std::filesystem::path& path) {
    for (;;) {
        auto file = open_file(path, O_RDWR | O_CREAT, 0600);
        if (!try_lock(file.get(), LOCK_EX, path)) {
            return {};
        }
        if (is_at(file.get(), path)) {
            return LockFile(std::move(file));
        }
    }
}

LockFile LockFile::wait_for(const std::filesystem::path& path, Mode mode) {
    for (;;) {
        auto file = open_file(path, O_RDWR | O_CREAT, 0600);
        while (flock(file.get(), mode == Mode::shared ? LOCK_SH : LOCK_EX) != 0) {
            if (errno != EINTR) {
                throw_errno(fmt::format("cannot lock {}", path.native()));
            }
        }
        if (is_at(file.get(), path)) {
            return LockFile(std::move(file));
        }
    }
}

bool LockFile::is_held(const std::filesystem::path& path) {
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file.is_open() && !try_lock(file.get(), LOCK_SH, path);
}

void LockFile::write(std::string_view text) {
    if (ftruncate(file_.get(), 0) != 0) {
        throw_errno("cannot empty a lock file");
    }
    pwrite_all(file_.get(), 0, as_bytes(text), "a lock file");
}

Buffer LockFile::read() const {
    Buffer bytes(64U << 10U);
    bytes.resize(pread_some(file_.get(), 0, bytes, "a lock file"));
    return bytes;
}

} // namespace slipway
